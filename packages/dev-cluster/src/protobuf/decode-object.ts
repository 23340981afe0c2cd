import { documentText } from "../openapi/documents.ts";
import { splitApiVersion } from "../registry/catalog.ts";
import { type Fields, isFields } from "../store/api-object.ts";
import { readFields, WireError } from "./wire.ts";

/** Number, JSON name, type, flags: `r`epeated, `m`ap, `z`ero values count. See tools/kube/extract-protobuf.ts. */
type FieldSpec = [number: number, name: string, type: string, flags: string];

const magic = Buffer.from("k8s\0");
const meta = "k8s.io.apimachinery.pkg.";
let messages: Record<string, FieldSpec[]> | undefined;

function specsOf(message: string): Map<number, FieldSpec> {
  messages ??= JSON.parse(documentText("protobuf"));
  return new Map((messages?.[message] ?? []).map((spec) => [spec[0], spec]));
}

const text = (bytes: bigint | Uint8Array | undefined): string =>
  bytes instanceof Uint8Array ? Buffer.from(bytes).toString("utf8") : "";

/**
 * Decodes an object that a client sent as `application/vnd.kubernetes.protobuf` into what it would be as JSON.
 *
 * Source: "Kubernetes Protobuf encoding" of the API concepts: a magic number, then `runtime.Unknown` around the object.
 * @throws WireError for anything else.
 */
export function decodeProtobuf(body: Uint8Array): Fields {
  if (!magic.equals(body.subarray(0, magic.length)))
    throw new WireError("the body does not start with the protobuf magic number");
  let raw: Uint8Array = new Uint8Array();
  let apiVersion = "";
  let kind = "";
  for (const { number, value } of readFields(body.subarray(magic.length))) {
    if (number === 1 && value instanceof Uint8Array) {
      const type = new Map([...readFields(value)].map((field) => [field.number, text(field.value)]));
      apiVersion = type.get(1) ?? "";
      kind = type.get(2) ?? "";
    } else if (number === 2 && value instanceof Uint8Array) raw = value;
  }
  return { kind, apiVersion, ...decodeMessage(raw, messageOf(apiVersion, kind)) };
}

const oddPackages: Readonly<Record<string, string>> = {
  "": "k8s.io.api.core",
  "meta.k8s.io": "k8s.io.apimachinery.pkg.apis.meta",
  "apiextensions.k8s.io": "k8s.io.apiextensions_apiserver.pkg.apis.apiextensions",
  "apiregistration.k8s.io": "k8s.io.kube_aggregator.pkg.apis.apiregistration",
};

/** Kinds of apimachinery that go by the version of the request's group. */
const metaKinds = new Set(["DeleteOptions", "CreateOptions", "UpdateOptions", "PatchOptions", "Status"]);

function messageOf(apiVersion: string, kind: string): string {
  if (metaKinds.has(kind)) return `${meta}apis.meta.v1.${kind}`;
  const [group, version] = splitApiVersion(apiVersion);
  return `${oddPackages[group] ?? `k8s.io.api.${group.split(".")[0]}`}.${version}.${kind}`;
}

function decodeMessage(bytes: Uint8Array, message: string): Fields {
  const specs = specsOf(message);
  if (specs.size === 0) throw new WireError(`unknown message ${message}`);
  const object: Fields = {};
  for (const { number, value } of readFields(bytes)) {
    const spec = specs.get(number);
    if (spec) addField(object, spec, value);
  }
  return object;
}

function addField(object: Fields, [, name, type, flags]: FieldSpec, value: bigint | Uint8Array): void {
  if (flags.includes("m")) {
    const [key, item] = mapEntry(value, type);
    const map = object[name];
    object[name] = { ...(isFields(map) ? map : {}), [key]: item };
    return;
  }
  const decoded = decodeValue(value, type);
  if (name === "" && isFields(decoded)) Object.assign(object, decoded);
  else if (flags.includes("r")) {
    const list = object[name];
    object[name] = [...(Array.isArray(list) ? list : []), decoded];
  } else if (flags.includes("z") || !isZero(decoded)) object[name] = decoded;
}

/** Go writes the zero value of what JSON leaves out. */
function isZero(value: unknown): boolean {
  return value === "" || value === 0 || value === false || value === null || value === undefined;
}

function mapEntry(value: bigint | Uint8Array, type: string): [string, unknown] {
  if (!(value instanceof Uint8Array)) throw new WireError("a map entry is no message");
  const parts = new Map([...readFields(value)].map((field) => [field.number, field.value]));
  const item = parts.get(2);
  return [text(parts.get(1)), item === undefined ? "" : decodeValue(item, type)];
}

function decodeValue(value: bigint | Uint8Array, type: string): unknown {
  const scalar = scalars[type];
  if (scalar) return scalar(value);
  if (!(value instanceof Uint8Array)) throw new WireError(`a field of type ${type} is no message`);
  const special = specialMessages[type];
  return special ? special(value) : decodeMessage(value, type);
}

const signed = (value: bigint | Uint8Array): number =>
  Number(BigInt.asIntN(64, typeof value === "bigint" ? value : 0n));

const scalars: Readonly<Record<string, (value: bigint | Uint8Array) => unknown>> = {
  string: text,
  bytes: (value) => (value instanceof Uint8Array ? Buffer.from(value).toString("base64") : ""),
  bool: (value) => value === 1n,
  int32: signed,
  int64: signed,
  uint32: signed,
  uint64: signed,
  double: (value) => (value instanceof Uint8Array ? Buffer.from(value).readDoubleLE() : 0),
};

type Values = Map<number, bigint | Uint8Array>;
const valuesOf = (bytes: Uint8Array): Values =>
  new Map([...readFields(bytes)].map(({ number, value }) => [number, value]));

function stringList(bytes: Uint8Array): string[] {
  return [...readFields(bytes)].map(({ value }) => text(value));
}

/** Types whose JSON is not that of their fields. */
const specialMessages: Readonly<Record<string, (bytes: Uint8Array) => unknown>> = {
  [`${meta}api.resource.Quantity`]: (bytes) => text(valuesOf(bytes).get(1)),
  "k8s.io.api.authentication.v1.ExtraValue": stringList,
  "k8s.io.api.authorization.v1.ExtraValue": stringList,
  "k8s.io.api.certificates.v1.ExtraValue": stringList,
  [`${meta}util.intstr.IntOrString`]: (bytes) => {
    const values = valuesOf(bytes);
    return values.get(1) === 1n ? text(values.get(3)) : signed(values.get(2) ?? 0n);
  },
  [`${meta}apis.meta.v1.Time`]: (bytes) => timeOf(bytes, 0),
  [`${meta}apis.meta.v1.MicroTime`]: (bytes) => timeOf(bytes, 6),
  [`${meta}apis.meta.v1.FieldsV1`]: (bytes) => JSON.parse(text(valuesOf(bytes).get(1)) || "{}"),
  [`${meta}runtime.RawExtension`]: (bytes) => JSON.parse(text(valuesOf(bytes).get(1)) || "null"),
};

function timeOf(bytes: Uint8Array, digits: 0 | 6): string | undefined {
  const values = valuesOf(bytes);
  const seconds = signed(values.get(1) ?? 0n);
  // An absent time is written as an empty message.
  if (values.size === 0 || seconds < 0) return undefined;
  const whole = new Date(seconds * 1000).toISOString().slice(0, 19);
  if (digits === 0) return `${whole}Z`;
  return `${whole}.${String(Math.floor(signed(values.get(2) ?? 0n) / 1000)).padStart(digits, "0")}Z`;
}
