import { apiVersionOf, applyStrategicMerge, StrategicMergeError } from "@moorage/kube-types";
import {
  applyConfiguration,
  checkConfiguration,
  createByApply,
  lastAppliedText,
  untypedConfiguration,
} from "../apply/apply-configuration.ts";
import { applyJsonPatch, PatchError } from "../patch/json-patch.ts";
import { applyMergePatch } from "../patch/merge-patch.ts";
import { splitApiVersion } from "../registry/catalog.ts";
import { decodeForResource } from "../registry/decode-object.ts";
import { keyOf, type WriteOptions } from "../registry/registry.ts";
import type { ResourceInfo } from "../registry/resource-info.ts";
import { ApiError, badRequest, invalid, notFound } from "../status/api-error.ts";
import { invalidValue } from "../status/field-errors.ts";
import { type ApiObject, type Fields, isFields } from "../store/api-object.ts";
import { cloneJson } from "../store/json.ts";
import { answerObject } from "./answer-object.ts";
import type { ApiServerParts } from "./api-server.ts";
import { readConfigurationText } from "./configuration-text.ts";
import { decodeObject, fieldValidationOf, parseJson } from "./decode-body.ts";
import type { Exchange } from "./exchange.ts";
import { jsonKind } from "./json-fault.ts";
import { authorizeCreation } from "./request-access.ts";
import { create, finishUpdate, placeInNamespace, retryStale, type Target } from "./write-handlers.ts";
import { applyOptions, customPatchType, patchOptions, unsupportedPatchType } from "./write-options.ts";

const applyTypes = new Set(["application/apply-patch+yaml", "application/apply-patch+json"]);

/** Answers `patch` in all its forms, of the object or of its status. */
export async function patchObject(parts: ApiServerParts, exchange: Exchange, target: Target): Promise<void> {
  fieldValidationOf(exchange);
  if (applyTypes.has(exchange.contentType)) return serverSideApply(parts, exchange, target);
  const { info, path } = target;
  const change = patcherOf(exchange.contentType, info);
  const options = patchOptions(exchange, path.subresource);
  const patch = parsePatch(exchange, await exchange.body());
  const { registry } = parts.core;
  const key = keyOf(info, path.namespace, path.name);
  const insists =
    isFields(patch) && isFields(patch["metadata"]) && typeof patch["metadata"]["resourceVersion"] === "string";
  const patched = await retryStale(!insists, async () => {
    const entry = registry.get(info, key);
    await parts.core.conversions.prepare(info, [entry]);
    const next = change(cloneJson(registry.read(info, entry)), patch);
    const object = checkPatched(exchange, target, decodePatched(exchange, info, next));
    return finishUpdate(parts, registry.prepareUpdate(info, entry, object, options));
  });
  await answerObject(parts.core, exchange, { code: 200, info, object: patched });
}

type Patcher = (target: unknown, patch: unknown) => unknown;

function patcherOf(contentType: string, info: ResourceInfo): Patcher {
  switch (contentType) {
    case "application/json-patch+json":
      return translating(applyJsonPatch);
    case "application/merge-patch+json":
      return applyMergePatch;
    case "application/strategic-merge-patch+json":
      // Custom kinds say nothing of merge keys.
      if (info.custom) throw customPatchType();
      return translating((target, patch) => applyStrategicMerge(target, patch, info.schema));
    default:
      throw unsupportedPatchType();
  }
}

/** Words a patch that does not fit as the real server does. */
function translating(patcher: Patcher): Patcher {
  return (target, patch) => {
    try {
      return patcher(target, patch);
    } catch (error) {
      if (!(error instanceof PatchError || error instanceof StrategicMergeError)) throw error;
      if (error instanceof PatchError && error.malformed) throw error.malformed(error.message);
      throw new ApiError(422, "Invalid", "the server rejected our request due to an error in our request", {});
    }
  };
}

function parsePatch({ contentType }: Exchange, text: string): unknown {
  // Upstream reads a merge by keys elsewhere, and says less.
  const head = contentType === "application/strategic-merge-patch+json" ? "" : "error decoding patch: ";
  const patch = parseJson(text, (fault) => badRequest(`${head}${fault}`));
  if (contentType === "application/json-patch+json" || isFields(patch)) return patch;
  if (patch === null && head !== "") throw badRequest("Invalid JSON Patch");
  throw badRequest(`${head}json: cannot unmarshal ${jsonKind(patch)} into Go value of type map[string]interface {}`);
}

/** What a patch leaves must still be an object of the kind. @throws ApiError Invalid */
function decodePatched(exchange: Exchange, info: ResourceInfo, patched: unknown): ApiObject {
  const shown = JSON.stringify(patched);
  try {
    return decodeObject(exchange, info, isFields(patched) ? patched : {});
  } catch (error) {
    const why =
      error instanceof ApiError
        ? /cannot be handled as a \w+: (?!strict decoding)(.*)$/s.exec(error.message)?.[1]
        : undefined;
    if (info.custom || why === undefined) throw error;
    throw invalid({ group: "", kind: "", name: "" }, [invalidValue("patch", shown, why)]);
  }
}

function checkPatched(_exchange: Exchange, { info, path }: Target, object: ApiObject): ApiObject {
  if (object.metadata.name !== path.name) {
    throw badRequest(
      `the name of the object (${object.metadata.name}) does not match the name on the URL (${path.name})`,
    );
  }
  placeInNamespace(object, info, path.namespace);
  return object;
}

async function serverSideApply(parts: ApiServerParts, exchange: Exchange, target: Target): Promise<void> {
  const { info, path } = target;
  const options = applyOptions(exchange, path.subresource);
  const force = exchange.query.get("force") === "true";
  const { configuration, ...noted } = await readConfiguration(parts, exchange, target, await exchange.body());
  const { registry } = parts.core;
  const key = keyOf(info, path.namespace, path.name);
  let code = 200;
  const applied = await retryStale(true, async () => {
    const entry = registry.find(info, key);
    if (!entry) {
      if (path.subresource) throw notFound(info, path.name);
      authorizeCreation(parts, exchange, path);
      code = 201;
      return createApplied(parts, info, cloneJson(configuration), options);
    }
    await parts.core.conversions.prepare(info, [entry]);
    const live = registry.read(info, entry);
    const merged = applyConfiguration(info, live, cloneJson(configuration), { ...options, ...noted, force });
    const next = decodeForResource(info, merged).object;
    return finishUpdate(parts, registry.prepareUpdate(info, entry, next, { ...options, tracked: true }));
  });
  await answerObject(parts.core, exchange, { code, info, object: applied });
}

function createApplied(
  parts: ApiServerParts,
  info: ResourceInfo,
  configuration: ApiObject,
  options: WriteOptions,
): Promise<ApiObject> {
  if (configuration.metadata.uid) {
    const why = `uid mismatch: the provided object specified uid ${configuration.metadata.uid}, and no existing object was found`;
    throw new ApiError(
      409,
      "Conflict",
      `Operation cannot be fulfilled on ${info.plural} "${configuration.metadata.name}": ${why}`,
      {
        name: configuration.metadata.name,
        kind: info.plural,
      },
    );
  }
  const object = decodeForResource(info, createByApply(info, configuration, options)).object;
  return create(parts, info, object, { ...options, tracked: true });
}

async function readConfiguration(
  parts: ApiServerParts,
  exchange: Exchange,
  target: Target,
  text: string,
): Promise<{ configuration: ApiObject; lastApplied?: string }> {
  const { info, path } = target;
  const { value, duplicates } = await readConfigurationText(text);
  if (!isFields(value)) {
    const what = `json: cannot unmarshal ${jsonKind(value)} into Go value of type map[string]interface {}`;
    throw badRequest(`error decoding YAML: error unmarshaling JSON: while decoding JSON: ${what}`);
  }
  if (!value["kind"] || !value["apiVersion"]) throw noType(value);
  reportDuplicates(exchange, duplicates);
  const given = value["apiVersion"];
  if (typeof given === "string" && given !== apiVersionOf(info)) throw wrongVersion(parts, info, given);
  if (
    isFields(value["metadata"]) &&
    value["metadata"]["managedFields"] !== undefined &&
    value["metadata"]["managedFields"] !== null
  ) {
    throw badRequest("metadata.managedFields must be nil");
  }
  const lastApplied = exchange.query.get("fieldManager") === "kubectl" ? { lastApplied: lastAppliedText(value) } : {};
  const object = decodeObject(exchange, info, value, "as sent");
  refuseUndeclared(exchange, info, object);
  checkConfiguration(info, object);
  object.metadata.name ||= path.name;
  return { configuration: checkPatched(exchange, target, object), ...lastApplied };
}

/** Source: `applyPatcher.applyPatchToCurrentObject`. */
function reportDuplicates(exchange: Exchange, duplicates: readonly string[]): void {
  const validation = fieldValidationOf(exchange);
  if (duplicates.length === 0 || validation === "Ignore") return;
  if (validation === "Warn") exchange.warnings.push(...duplicates);
  else {
    const lines = duplicates.map((duplicate) => `\n  ${duplicate}`).join("");
    throw badRequest(`error strict decoding YAML: error converting YAML to JSON: yaml: unmarshal errors:${lines}`);
  }
}

/** Nobody can own a field that the kind does not have; custom kinds drop it. @throws ApiError, worded as the real server does */
function refuseUndeclared({ warnings }: Exchange, info: ResourceInfo, object: ApiObject): void {
  const unknown = /^unknown field "(.*)"$/;
  const fields = warnings.map((text) => unknown.exec(text)?.[1]).filter((field) => field !== undefined);
  if (info.custom || fields.length === 0) return;
  // The refusal says it all.
  warnings.length = 0;
  const faults = fields.map((field) => `.${field}: field not declared in schema`);
  const all = faults.length === 1 ? faults[0] : `errors:\n${faults.map((fault) => `  ${fault}`).join("\n")}`;
  throw untypedConfiguration(info, object, String(all));
}

function wrongVersion({ core }: ApiServerParts, info: ResourceInfo, given: string): ApiError {
  if (!core.catalog.findKind(given, info.kind)) return badRequest(`invalid object type: ${given}, Kind=${info.kind}`);
  const expected = apiVersionOf(info);
  return badRequest(
    `Incorrect version specified in apply patch. Specified patch version: ${given}, expected: ${expected}`,
  );
}

/** Source: `schema.GroupVersionKind.String`. */
function noType({ apiVersion = "", kind = "" }: Fields): ApiError {
  const [group, version] = splitApiVersion(String(apiVersion));
  return badRequest(`invalid object type: ${group}/${version}, Kind=${kind}`);
}
