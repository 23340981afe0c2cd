import { apiVersionOf } from "@moorage/kube-types";
import { decodeProtobuf } from "../protobuf/decode-object.ts";
import { WireError } from "../protobuf/wire.ts";
import { splitApiVersion } from "../registry/catalog.ts";
import { decodeForResource, type FieldValidation } from "../registry/decode-object.ts";
import type { ResourceInfo } from "../registry/resource-info.ts";
import { ApiError, badRequest, type FieldError, invalid } from "../status/api-error.ts";
import { invalidValue, notSupported } from "../status/field-errors.ts";
import { type ApiObject, type Fields, isFields, stringAt } from "../store/api-object.ts";
import { findDuplicateFields } from "./duplicate-fields.ts";
import type { Exchange } from "./exchange.ts";
import { jsonFault, jsonKind } from "./json-fault.ts";

const accepted = "application/json, application/yaml, application/vnd.kubernetes.protobuf";

/** Reads the object in a request's body. @throws ApiError for anything that is not an object of the resource. */
export async function readObject(exchange: Exchange, info: ResourceInfo): Promise<ApiObject> {
  const fields = await readFields(exchange, info.kind);
  return decodeObject(exchange, info, fields);
}

/** Reads a JSON or YAML object, with nothing said about its kind yet. */
export async function readFields(exchange: Exchange, kind: string): Promise<Fields> {
  const type = exchange.contentType;
  if (type === "application/vnd.kubernetes.protobuf") return readProtobuf(await exchange.bodyBytes(), kind);
  if (!["", "application/json", "application/yaml"].includes(type)) {
    const message = `the body of the request was in an unknown format - accepted media types include: ${accepted}`;
    throw new ApiError(415, "UnsupportedMediaType", message);
  }
  const text = await exchange.body();
  const value = type === "application/yaml" ? await parseYamlBody(text, kind) : parseJsonBody(text, kind);
  if (fieldValidationOf(exchange) !== "Ignore") exchange.duplicates = findDuplicateFields(text);
  return value;
}

function readProtobuf(body: Buffer, kind: string): Fields {
  try {
    return decodeProtobuf(body);
  } catch (error) {
    if (!(error instanceof WireError) && !(error instanceof SyntaxError)) throw error;
    throw unrecognized(kind, error.message, body);
  }
}

const versionKindType =
  'struct { APIVersion string "json:\\"apiVersion,omitempty\\""; Kind string "json:\\"kind,omitempty\\"" }';

/** Source: `SimpleMetaFactory.Interpret`, whose words the refusals have. A null is an object without fields. */
function parseJsonBody(text: string, kind: string): Fields {
  const value = parseJson(text, (fault) => unrecognized(kind, `${notInterpreted}${fault}`, Buffer.from(text)));
  if (value === null) return {};
  const refuse = (fault: string) =>
    unrecognized(kind, `${notInterpreted}json: cannot unmarshal ${fault}`, Buffer.from(text));
  if (!isFields(value)) throw refuse(`${jsonKind(value)} into Go value of type ${versionKindType}`);
  for (const part of ["apiVersion", "kind"]) {
    const given = value[part];
    if (given === undefined || given === null || typeof given === "string") continue;
    throw refuse(`${jsonKind(given)} into Go struct field .${part} of type string`);
  }
  return value;
}

const notInterpreted = "couldn't get version/kind; json parse error: ";

/** Parses JSON; a text that is none is refused as `refusal` words it. Halves of surrogate pairs become U+FFFD, as in Go. */
export function parseJson(text: string, refusal: (fault: string) => ApiError): unknown {
  try {
    const wellFormed = (_key: string, value: unknown) => (typeof value === "string" ? value.toWellFormed() : value);
    return /\\u[dD][89a-fA-F]/.test(text) ? JSON.parse(text, wellFormed) : JSON.parse(text);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw refusal(jsonFault(text));
  }
}

/** The first document of a text: what follows is not looked at. */
async function parseYamlBody(text: string, kind: string): Promise<Fields> {
  const { parseAllDocuments } = await import("./yaml.ts");
  const [first] = parseAllDocuments(text);
  const fault = first && "errors" in first ? first.errors[0]?.message : undefined;
  if (fault !== undefined) throw unrecognized(kind, `yaml: ${fault.split("\n")[0]}`, Buffer.from(text));
  const value: unknown = first && "toJS" in first ? first.toJS() : null;
  if (value === null) return {};
  if (isFields(value)) return value;
  const why = `${notInterpreted}json: cannot unmarshal ${jsonKind(value)} into Go value of type ${versionKindType}`;
  throw unrecognized(kind, why, Buffer.from(text));
}

const longestSummary = 30;

/** Source: `transformDecodeError` and `summarizeData`. */
function unrecognized(kind: string, detail: string, body: Buffer): ApiError {
  const encoding = body[0] === "{".charCodeAt(0) ? "utf8" : "hex";
  const start = body.subarray(0, longestSummary).toString(encoding);
  const summary = body.length === 0 ? "<empty>" : body.length > longestSummary ? `${start} ...` : start;
  return badRequest(`the object provided is unrecognized (must be of type ${kind}): ${detail} (${summary})`);
}

const longestShownBody = 1024;

/** Checks kind and version of a received object and brings it into stored form. Takes ownership of `fields`. */
export function decodeObject(
  exchange: Exchange,
  info: ResourceInfo,
  fields: Fields,
  form: "stored" | "as sent" = "stored",
): ApiObject {
  if (info.custom && (fields["kind"] === undefined || fields["apiVersion"] === undefined)) {
    const part = fields["kind"] === undefined ? "Kind" : "apiVersion";
    const json = JSON.stringify(fields).slice(0, longestShownBody);
    throw badRequest(
      `the object provided is unrecognized (must be of type ${info.kind}): Object '${part}' is missing in '${json}' (${json})`,
    );
  }
  fields["apiVersion"] ??= apiVersionOf(info);
  fields["kind"] ??= info.kind;
  const { apiVersion, kind } = fields;
  if (typeof apiVersion !== "string" || typeof kind !== "string") {
    throw badRequest("apiVersion and kind must be strings");
  }
  if (kind !== info.kind || apiVersion !== apiVersionOf(info))
    throw wrongKind(info, { apiVersion, kind, name: stringAt(fields, "metadata", "name") ?? "" });
  const unknown = [...exchange.duplicates.map((path) => `duplicate field "${path}"`)];
  const { object, unknownFields } = decodeForResource(info, fields, form);
  unknown.push(...unknownFields.map((path) => `unknown field "${path}"`));
  report(unknown, exchange, info);
  return object;
}

function wrongKind(
  info: ResourceInfo,
  { apiVersion, kind, name }: { apiVersion: string; kind: string; name: string },
): ApiError {
  const [, version] = splitApiVersion(apiVersion);
  if (info.custom && kind !== info.kind) {
    const error = invalidValue("kind", kind, `must be ${info.kind}`);
    return invalid({ group: info.group, kind, name }, [error]);
  }
  if (info.custom) {
    return badRequest(
      `the API version in the data (${apiVersion}) does not match the expected API version (${apiVersionOf(info)})`,
    );
  }
  const why =
    kind === info.kind
      ? `no kind "${kind}" is registered for version "${apiVersion}" in scheme "pkg/runtime/scheme.go:111"`
      : `converting (${version}.${kind}) to (${info.group || "core"}.${info.kind}): unknown conversion`;
  return badRequest(`${kind} in version "${version}" cannot be handled as a ${info.kind}: ${why}`);
}

function report(problems: readonly string[], exchange: Exchange, info: ResourceInfo): void {
  if (problems.length === 0) return;
  const validation = fieldValidationOf(exchange);
  if (validation === "Warn") exchange.warnings.push(...problems);
  if (validation !== "Strict") return;
  const detail = `strict decoding error: ${problems.join(", ")}`;
  throw badRequest(`${info.kind} in version "${info.version}" cannot be handled as a ${info.kind}: ${detail}`);
}

const validations: readonly FieldValidation[] = ["Ignore", "Strict", "Warn"];

/** `fieldValidation` of the request; `Warn` where it says nothing, as the real server does. */
export function fieldValidationOf(exchange: Exchange): FieldValidation {
  const asked = exchange.query.get("fieldValidation") ?? "";
  if (asked === "") return "Warn";
  const found = validations.find((validation) => validation === asked);
  if (found) return found;
  throw optionErrors(exchange, [notSupported("fieldValidation", asked, ["", ...validations])]);
}

/** Whether the request is a dry run. @throws ApiError Invalid for anything but `All`. */
export function isDryRun(exchange: Exchange): boolean {
  const asked = exchange.query.getAll("dryRun").filter((value) => value !== "");
  if (asked.length === 0) return false;
  if (asked.every((value) => value === "All")) return true;
  throw optionErrors(exchange, [notSupported("dryRun", asked, ["All"])]);
}

const optionKinds: Readonly<Record<string, string>> = {
  put: "UpdateOptions",
  patch: "PatchOptions",
  delete: "DeleteOptions",
};

/** The refusal of options in the query. */
export function optionErrors(exchange: Exchange, errors: readonly FieldError[]): ApiError {
  const kind = optionKinds[exchange.info.method] ?? "CreateOptions";
  return invalid({ group: "meta.k8s.io", kind, name: "" }, errors);
}
