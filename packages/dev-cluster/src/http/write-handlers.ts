import { apiVersionOf } from "@moorage/kube-types";
import { checkNamespaceDeletion } from "../admission/namespace-lifecycle.ts";
import type { AdmissionView } from "../admission/webhooks.ts";
import { checkEscalation } from "../rbac/escalation.ts";
import type { ApiCore } from "../registry/api-core.ts";
import type { DeletionOptions } from "../registry/deletion.ts";
import { type Draft, keyOf, type WriteOptions } from "../registry/registry.ts";
import type { ResourceInfo } from "../registry/resource-info.ts";
import { badRequest, invalid, isRefusal } from "../status/api-error.ts";
import { invalidValue, notSupported } from "../status/field-errors.ts";
import { type ApiObject, type Fields, stringAt } from "../store/api-object.ts";
import { answerObject } from "./answer-object.ts";
import type { ApiServerParts } from "./api-server.ts";
import { fieldValidationOf, isDryRun, readFields, readObject } from "./decode-body.ts";
import type { Exchange } from "./exchange.ts";
import { listPage } from "./list.ts";
import { prepareAll } from "./read-handlers.ts";
import { authorizeCreation } from "./request-access.ts";
import type { ResourcePath } from "./request-info.ts";
import { matcherOf } from "./selectors.ts";
import { askedOptions, writeOptions } from "./write-options.ts";

/** Where a write goes. */
export interface Target {
  readonly info: ResourceInfo;
  readonly path: ResourcePath;
}

/** Answers `create`. */
export async function createObject(parts: ApiServerParts, exchange: Exchange, { info, path }: Target): Promise<void> {
  fieldValidationOf(exchange);
  const options = writeOptions(exchange);
  const object = await readObject(exchange, info);
  placeInNamespace(object, info, path.namespace);
  const created = await create(parts, info, object, options);
  await answerObject(parts.core, exchange, { code: 201, info, object: created });
}

/** Prepares, admits and stores a new object. */
export async function create(
  { core, webhooks, authorizer }: ApiServerParts,
  info: ResourceInfo,
  object: ApiObject,
  options: WriteOptions,
): Promise<ApiObject> {
  const draft = core.registry.prepareCreate(info, object, options);
  checkEscalation(authorizer, draft);
  core.registry.admit(draft);
  await webhooks.review(draft, "CREATE");
  draft.stored = await core.conversions.toStored(info, draft.object);
  return asRead(core, draft, core.registry.commitCreate(draft));
}

/** What was written, in the version of the request: with a webhook between the versions it is read again. */
async function asRead({ registry, conversions }: ApiCore, draft: Draft, written: ApiObject): Promise<ApiObject> {
  const { info, key, options } = draft;
  const entry = draft.stored && !options.dryRun ? registry.find(info, key) : undefined;
  if (!entry) return written;
  await conversions.prepare(info, [entry]);
  return registry.read(info, entry);
}

/** Admits and stores a prepared update. */
export async function finishUpdate(
  { core, webhooks, authorizer }: ApiServerParts,
  draft: Draft,
  view?: AdmissionView,
): Promise<ApiObject> {
  checkEscalation(authorizer, draft);
  core.registry.admit(draft);
  await webhooks.review(draft, "UPDATE", view);
  draft.stored = await core.conversions.toStored(draft.info, draft.object);
  return asRead(core, draft, core.registry.commitUpdate(draft));
}

/** @throws ApiError when body and URL name different namespaces. */
export function placeInNamespace(object: ApiObject, info: ResourceInfo, namespace: string | undefined): void {
  if (!info.namespaced) {
    delete object.metadata.namespace;
    return;
  }
  object.metadata.namespace ||= namespace ?? "";
  if (object.metadata.namespace !== namespace) {
    throw badRequest("the namespace of the provided object does not match the namespace sent on the request");
  }
}

/** Answers `update`, of the object or of its status. */
export async function updateObject(parts: ApiServerParts, exchange: Exchange, { info, path }: Target): Promise<void> {
  fieldValidationOf(exchange);
  const options = writeOptions(exchange, path.subresource);
  const object = await readObject(exchange, info);
  object.metadata.name ||= path.name;
  if (object.metadata.name !== path.name) {
    throw badRequest(
      `the name of the object (${object.metadata.name}) does not match the name on the URL (${path.name})`,
    );
  }
  placeInNamespace(object, info, path.namespace);
  const key = keyOf(info, path.namespace, path.name);
  const { registry } = parts.core;
  const isNew = registry.strategyOf(info).createOnUpdate && !registry.find(info, key) && path.subresource === "";
  if (isNew) {
    authorizeCreation(parts, exchange, path);
    // Which version it is to replace has no meaning where there is none.
    delete object.metadata.resourceVersion;
    const created = await create(parts, info, object, options);
    return answerObject(parts.core, exchange, { code: 201, info, object: created });
  }
  const named = object.metadata.resourceVersion;
  const updated = await retryStale(named === undefined || named === "", async () => {
    const entry = registry.get(info, key);
    await parts.core.conversions.prepare(info, [entry]);
    return finishUpdate(parts, registry.prepareUpdate(info, entry, structuredClone(object), options));
  });
  await answerObject(parts.core, exchange, { code: 200, info, object: updated });
}

const staleAttempts = 5;

/** Tries again when another write came in between and the client did not insist on a version. */
export async function retryStale<T>(mayRetry: boolean, attempt: () => Promise<T>): Promise<T> {
  for (let left = staleAttempts; ; left--) {
    try {
      return await attempt();
    } catch (error) {
      if (!mayRetry || left <= 1 || !isRefusal(error, "Conflict")) throw error;
    }
  }
}

/** Answers `delete`. */
export async function deleteObject(parts: ApiServerParts, exchange: Exchange, { info, path }: Target): Promise<void> {
  const { core } = parts;
  const options = await readDeletionOptions(exchange);
  if (info.storage === "namespaces") checkNamespaceDeletion(path.name);
  const key = keyOf(info, path.namespace, path.name);
  const entry = core.registry.get(info, key);
  await core.conversions.prepare(info, [entry]);
  await parts.webhooks.reviewDeletion(info, core.registry.read(info, entry), {
    exchange,
    dryRun: options.dryRun ?? false,
    asked: options.asked ?? {},
  });
  const deleted = core.registry.delete(info, key, options);
  const { gone } = deleted;
  const object = gone ? deleted.object : await current(core, info, { key, otherwise: deleted.object });
  // The real server answers with the object where deletion takes time, and where kinds have always done so.
  if (!gone || returnsDeleted.has(info.storage)) {
    return answerObject(core, exchange, { code: 200, info, object });
  }
  await core.store.settled();
  const details = {
    name: path.name,
    ...(info.group ? { group: info.group } : {}),
    kind: info.plural,
    uid: object.metadata.uid,
  };
  exchange.send(200, { kind: "Status", apiVersion: "v1", metadata: {}, status: "Success", details });
}

/** An object that is still there, in the version of the request. */
async function current(
  { registry, conversions }: ApiCore,
  info: ResourceInfo,
  { key, otherwise }: { key: string; otherwise: ApiObject },
): Promise<ApiObject> {
  const entry = info.custom?.conversion ? registry.find(info, key) : undefined;
  if (!entry) return otherwise;
  await conversions.prepare(info, [entry]);
  return registry.read(info, entry);
}

const returnsDeleted = new Set([
  "pods",
  "services",
  "serviceaccounts",
  "persistentvolumes",
  "persistentvolumeclaims",
  "podtemplates",
  "resourcequotas",
]);

/** Answers `deletecollection`. */
export async function deleteCollection(
  parts: ApiServerParts,
  exchange: Exchange,
  { info, path }: Target,
): Promise<void> {
  const { core } = parts;
  const options = await readDeletionOptions(exchange);
  const { query } = exchange;
  await prepareAll(core, info, path.namespace);
  const page = listPage(core, { info, namespace: path.namespace, query, matches: matcherOf(info, query) });
  const items: object[] = [];
  for (const { key } of page.entries) {
    const entry = core.registry.find(info, key);
    if (!entry) continue;
    const object = core.registry.read(info, entry);
    const { dryRun = false, asked = {} } = options;
    await parts.webhooks.reviewDeletion(info, object, { exchange, dryRun, asked, isCollection: true });
    if (core.registry.find(info, key)) core.registry.delete(info, key, options);
    items.push(info.custom ? object : withoutType(object));
  }
  await core.store.settled();
  const metadata = { resourceVersion: String(core.store.version), ...(info.custom ? { continue: "" } : {}) };
  exchange.send(200, { kind: info.listKind, apiVersion: apiVersionOf(info), metadata, items });
}

/** Items of built-in lists carry no kind and version of their own. */
function withoutType({ kind: _kind, apiVersion: _apiVersion, ...content }: ApiObject): object {
  return content;
}

const policies = ["Foreground", "Background", "Orphan"] as const;

async function readDeletionOptions(exchange: Exchange): Promise<DeletionOptions & { asked?: Fields }> {
  const hasBody = exchange.header("content-length") !== "" && exchange.header("content-length") !== "0";
  const isChunked = exchange.header("transfer-encoding") !== "";
  const body = hasBody || isChunked ? await readFields(exchange, "DeleteOptions") : {};
  const { query } = exchange;
  const grace = body["gracePeriodSeconds"] ?? query.get("gracePeriodSeconds") ?? undefined;
  const dryRun = isDryRun(exchange) || (Array.isArray(body["dryRun"]) && body["dryRun"].includes("All"));
  const { kind: _kind, apiVersion: _apiVersion, ...asked } = body;
  return {
    dryRun,
    asked: { ...askedOptions(exchange, ["propagationPolicy"]), ...asked },
    gracePeriodSeconds: graceOf(grace),
    propagationPolicy: policyOf(body, query),
    preconditions: {
      uid: stringAt(body, "preconditions", "uid"),
      resourceVersion: stringAt(body, "preconditions", "resourceVersion"),
    },
  };
}

const deleteOptionsKind = { group: "meta.k8s.io", kind: "DeleteOptions", name: "" };

function graceOf(value: unknown): number | undefined {
  if (value === undefined || value === null || value === "") return undefined;
  const seconds = Number(value);
  if (Number.isInteger(seconds) && seconds >= 0) return seconds;
  throw invalid(deleteOptionsKind, [
    invalidValue("gracePeriodSeconds", value, "must be a number of seconds, 0 or more"),
  ]);
}

function policyOf(body: Fields, query: URLSearchParams): DeletionOptions["propagationPolicy"] {
  const asked = body["propagationPolicy"] ?? query.get("propagationPolicy") ?? undefined;
  // Before propagation policies there was one flag.
  if (asked === undefined || asked === null || asked === "") {
    const orphan = body["orphanDependents"] ?? query.get("orphanDependents") ?? undefined;
    if (orphan === undefined) return undefined;
    return orphan === true || orphan === "true" ? "Orphan" : "Background";
  }
  const policy = policies.find((known) => known === asked);
  if (policy) return policy;
  throw invalid(deleteOptionsKind, [notSupported("propagationPolicy", asked, [...policies, "nil"])]);
}
