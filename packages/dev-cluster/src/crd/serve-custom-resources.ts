import { equalJson, rfc3339Seconds } from "@moorage/kube-types";
import { CustomResourceDefinition } from "@moorage/kube-types/apiextensions-v1";
import type { ClusterApi, ObjectChange } from "../cluster-api.ts";
import type { ApiCore } from "../registry/api-core.ts";
import type { ResourceInfo } from "../registry/resource-info.ts";
import { isRefusal } from "../status/api-error.ts";
import { type ApiObject, type Fields, fieldsAt, isFields, listAt, stringAt } from "../store/api-object.ts";
import type { StoreEvent } from "../store/collection.ts";
import { cloneJson } from "../store/json.ts";
import { customResources, storedVersions } from "./custom-resources.ts";

const cleanupFinalizer = "customresourcecleanup.apiextensions.k8s.io";
const storage = "customresourcedefinitions.apiextensions.k8s.io";

/**
 * Serves what CustomResourceDefinitions define, and keeps their status: names are accepted, the kind is established.
 * A deleted definition goes once all its objects are gone. Returns how to stop.
 */
export function serveCustomResources(core: ApiCore, api: ClusterApi): () => void {
  const cleanups = new Map<string, () => void>();
  const onChange = ({ type, object }: ObjectChange<CustomResourceDefinition>) => {
    const { name } = object.metadata;
    if (type === "DELETED") {
      cleanups.get(name)?.();
      cleanups.delete(name);
      core.catalog.removeCustom(name);
      core.store.drop(name);
    } else if (object.metadata.deletionTimestamp) {
      if (!cleanups.has(name)) cleanups.set(name, removeObjects(core, api, name));
    } else serve(core, api, name);
  };
  const stop = api.watch(CustomResourceDefinition, onChange);
  return () => {
    stop();
    for (const cleanup of cleanups.values()) cleanup();
  };
}

function serve(core: ApiCore, api: ClusterApi, name: string): void {
  const crd = core.store.get(storage, name)?.object;
  if (!crd) return;
  const resources = customResources(crd);
  const conflict = conflictOf(core, resources, name);
  if (conflict === undefined) core.catalog.setCustom(name, resources);
  saveStatus(api, crd, conflict);
}

/** Which name of the kind another resource of the group has already. */
function conflictOf(core: ApiCore, resources: readonly ResourceInfo[], crd: string): string | undefined {
  const others = core.catalog.list().filter((info) => info.custom?.crd !== crd && info.group === resources[0]?.group);
  for (const { kind, plural } of resources) {
    if (others.some((other) => other.kind === kind)) return `"${kind}" is already in use`;
    if (others.some((other) => other.plural === plural)) return `"${plural}" is already in use`;
  }
  return undefined;
}

function saveStatus(api: ClusterApi, crd: ApiObject, conflict: string | undefined): void {
  const current = api.get(CustomResourceDefinition, { name: crd.metadata.name });
  if (!current) return;
  const status = statusOf(crd, conflict);
  const finalizers = crd.metadata.finalizers ?? [];
  const next = withStatus(current, status);
  if (!equalJson(status, crd["status"]))
    write(() => api.update(CustomResourceDefinition, next, { subresource: "status" }));
  if (finalizers.includes(cleanupFinalizer)) return;
  const fresh = api.get(CustomResourceDefinition, { name: crd.metadata.name });
  if (!fresh) return;
  const metadata = { ...fresh.metadata, finalizers: [...finalizers, cleanupFinalizer] };
  write(() => api.update(CustomResourceDefinition, { ...fresh, metadata }));
}

/** A write that lost a race is made again when the change that won is heard of. */
function write(action: () => unknown): void {
  try {
    action();
  } catch (error) {
    if (!isRefusal(error, "Conflict") && !isRefusal(error, "NotFound")) throw error;
  }
}

function withStatus(crd: CustomResourceDefinition, status: Fields): CustomResourceDefinition {
  return Object.assign(cloneJson(crd), { status });
}

function statusOf(crd: ApiObject, conflict: string | undefined): Fields {
  const stored = listAt(crd, "spec", "versions")
    .filter(isFields)
    .find((version) => version["storage"] === true);
  const versions = new Set([...storedVersions(crd), String(stored?.["name"] ?? "")]);
  const accepted = conflict === undefined;
  const established = accepted
    ? condition("Established", "True", ["InitialNamesAccepted", "the initial names have been accepted"])
    : condition("Established", "False", ["NotAccepted", "not all names are accepted"]);
  const names = accepted
    ? condition("NamesAccepted", "True", ["NoConflicts", "no conflicts found"])
    : condition("NamesAccepted", "False", ["KindConflict", conflict]);
  return {
    acceptedNames: accepted ? cloneJson(fieldsAt(crd, "spec", "names") ?? {}) : { kind: "", plural: "" },
    conditions: [names, established].map((wanted) => keepTime(wanted, crd)),
    storedVersions: [...versions],
  };
}

function condition(type: string, status: string, [reason, message]: [string, string]): Fields {
  return { type, status, reason, message };
}

function keepTime(wanted: Fields, crd: ApiObject): Fields {
  const present = listAt(crd, "status", "conditions")
    .filter(isFields)
    .find((item) => item["type"] === wanted["type"]);
  const isSame = present?.["status"] === wanted["status"];
  const lastTransitionTime = (isSame && stringAt(present, "lastTransitionTime")) || rfc3339Seconds(new Date());
  return { lastTransitionTime, ...wanted };
}

/** Deletes the objects of a definition that is going away; the definition goes with the last of them. */
function removeObjects(core: ApiCore, api: ClusterApi, name: string): () => void {
  const info = core.catalog.list().find((candidate) => candidate.custom?.crd === name);
  const { listeners, entries } = core.store.collection(name);
  const finish = () => {
    if (entries.size > 0) return;
    listeners.delete(onEvent);
    const crd = api.get(CustomResourceDefinition, { name });
    if (!crd) return;
    const finalizers = (crd.metadata.finalizers ?? []).filter((finalizer) => finalizer !== cleanupFinalizer);
    write(() => api.update(CustomResourceDefinition, { ...crd, metadata: { ...crd.metadata, finalizers } }));
  };
  const onEvent = (event: StoreEvent) => {
    if (event.type === "DELETED") finish();
  };
  listeners.add(onEvent);
  if (info) for (const key of [...entries.keys()]) core.registry.delete(info, key, {});
  finish();
  return () => listeners.delete(onEvent);
}
