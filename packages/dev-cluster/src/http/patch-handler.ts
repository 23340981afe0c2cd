import { apiVersionOf, applyStrategicMerge, StrategicMergeError } from "@moorage/kube-types";
import { parse as parseYaml } from "yaml";
import { applyConfiguration, checkConfiguration, createByApply } from "../apply/apply-configuration.ts";
import { applyJsonPatch, PatchError } from "../patch/json-patch.ts";
import { applyMergePatch } from "../patch/merge-patch.ts";
import { decodeForResource } from "../registry/decode-object.ts";
import { keyOf, type WriteOptions } from "../registry/registry.ts";
import type { ResourceInfo } from "../registry/resource-info.ts";
import { ApiError, badRequest, notFound } from "../status/api-error.ts";
import { type ApiObject, isFields } from "../store/api-object.ts";
import { cloneJson } from "../store/json.ts";
import { answerObject } from "./answer-object.ts";
import type { ApiServerParts } from "./api-server.ts";
import { decodeObject, fieldValidationOf } from "./decode-body.ts";
import { findDuplicateFields } from "./duplicate-fields.ts";
import type { Exchange } from "./exchange.ts";
import { authorizeCreation } from "./request-access.ts";
import { create, finishUpdate, placeInNamespace, retryStale, type Target } from "./write-handlers.ts";
import { applyOptions, customPatchType, unsupportedPatchType, writeOptions } from "./write-options.ts";

const applyTypes = new Set(["application/apply-patch+yaml", "application/apply-patch+json"]);

/** Answers `patch` in all its forms, of the object or of its status. */
export async function patchObject(parts: ApiServerParts, exchange: Exchange, target: Target): Promise<void> {
  fieldValidationOf(exchange);
  if (applyTypes.has(exchange.contentType)) return serverSideApply(parts, exchange, target);
  const { info, path } = target;
  const change = patcherOf(exchange.contentType, info);
  const options = writeOptions(exchange, path.subresource);
  const patch = parsePatch(await exchange.body());
  const { registry } = parts.core;
  const key = keyOf(info, path.namespace, path.name);
  const insists =
    isFields(patch) && isFields(patch["metadata"]) && typeof patch["metadata"]["resourceVersion"] === "string";
  const patched = await retryStale(!insists, () => {
    const entry = registry.get(info, key);
    const next = change(cloneJson(registry.read(info, entry)), patch);
    if (!isFields(next)) throw badRequest("the patched object is not an object");
    const object = checkPatched(exchange, target, decodeObject(exchange, info, next));
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
      if (error instanceof PatchError && error.malformed) throw badRequest(error.message);
      throw new ApiError(
        422,
        "Invalid",
        `the server rejected our request due to an error in our request: ${error.message}`,
        {},
      );
    }
  };
}

function parsePatch(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw badRequest(`error decoding patch: ${error instanceof Error ? error.message : String(error)}`);
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
  const configuration = readConfiguration(parts, exchange, target, await exchange.body());
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
    const live = registry.read(info, entry);
    const merged = applyConfiguration(info, live, cloneJson(configuration), { ...options, force });
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

function readConfiguration(parts: ApiServerParts, exchange: Exchange, target: Target, text: string): ApiObject {
  const { info, path } = target;
  const value = parseConfiguration(text);
  if (!isFields(value)) throw badRequest("error decoding YAML: the configuration is not an object");
  exchange.duplicates = findDuplicateFields(text);
  const given = value["apiVersion"];
  if (typeof given === "string" && given !== apiVersionOf(info)) throw wrongVersion(parts, info, given);
  if (
    isFields(value["metadata"]) &&
    value["metadata"]["managedFields"] !== undefined &&
    value["metadata"]["managedFields"] !== null
  ) {
    throw badRequest("metadata.managedFields must be nil");
  }
  const object = decodeObject(exchange, info, value, "as sent");
  checkConfiguration(info, object);
  object.metadata.name ||= path.name;
  return checkPatched(exchange, target, object);
}

function wrongVersion({ core }: ApiServerParts, info: ResourceInfo, given: string): ApiError {
  if (!core.catalog.findKind(given, info.kind)) return badRequest(`invalid object type: ${given}, Kind=${info.kind}`);
  const expected = apiVersionOf(info);
  return badRequest(
    `Incorrect version specified in apply patch. Specified patch version: ${given}, expected: ${expected}`,
  );
}

function parseConfiguration(text: string): unknown {
  try {
    return parseYaml(text);
  } catch (error) {
    throw badRequest(`error decoding YAML: ${error instanceof Error ? error.message : String(error)}`);
  }
}
