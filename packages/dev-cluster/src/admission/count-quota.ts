import { parseQuantity } from "@moorage/kube-types";
import type { Catalog } from "../registry/catalog.ts";
import type { Draft } from "../registry/registry.ts";
import { forbidden } from "../status/api-error.ts";
import { type ApiObject, type Fields, fieldsAt, stringAt } from "../store/api-object.ts";
import type { Store } from "../store/store.ts";

const quotas = "resourcequotas";

/** Names of counts that are older than the form `count/RESOURCE.GROUP`. */
const oldNames = new Set([
  "pods",
  "services",
  "configmaps",
  "secrets",
  "persistentvolumeclaims",
  "replicationcontrollers",
  quotas,
]);

/** Where the objects that a quota's entry counts are stored; undefined for entries that count no objects. */
function countedStorage(entry: string): string | undefined {
  if (oldNames.has(entry)) return entry;
  return entry.startsWith("count/") ? entry.slice("count/".length) : undefined;
}

/** How many objects of a namespace an entry counts. Pods that have ended do not count. */
export function countUsed(store: Store, entry: string, namespace: string): number {
  const storage = countedStorage(entry);
  if (storage === undefined) return 0;
  return store.list(storage, `${namespace}/`).filter(({ object }) => isCounted(entry, object)).length;
}

function isCounted(entry: string, object: ApiObject): boolean {
  return entry !== "pods" || !["Succeeded", "Failed"].includes(stringAt(object, "status", "phase") ?? "");
}

/**
 * Refuses an object that would exceed a ResourceQuota of its namespace. Only counts are held; amounts of CPU, memory
 * and storage are not, since nothing here takes them.
 */
export function checkQuota({ info, object, old, options }: Draft, store: Store): void {
  const { namespace, name } = object.metadata;
  if (old || options.subresource || namespace === undefined) return;
  for (const { object: quota } of store.list(quotas, `${namespace}/`)) {
    const exceeded = exceededEntries(store, quota, { storage: info.storage, namespace });
    if (exceeded.length === 0) continue;
    const join = (part: (entry: Exceeded) => string) => exceeded.map(part).join(",");
    const detail = `requested: ${join(({ entry }) => `${entry}=1`)}, used: ${join(({ entry, used }) => `${entry}=${used}`)}, limited: ${join(({ entry, hard }) => `${entry}=${hard}`)}`;
    throw forbidden(info, name, `exceeded quota: ${quota.metadata.name}, ${detail}`);
  }
}

interface Exceeded {
  entry: string;
  used: number;
  hard: string;
}

function exceededEntries(
  store: Store,
  quota: ApiObject,
  { storage, namespace }: { storage: string; namespace: string },
): Exceeded[] {
  const hard: Fields = fieldsAt(quota, "spec", "hard") ?? {};
  return Object.entries(hard)
    .filter(([entry]) => countedStorage(entry) === storage)
    .map(([entry, limit]) => ({ entry, used: countUsed(store, entry, namespace), hard: String(limit) }))
    .filter(({ used, hard: limit }) => used + 1 > parseQuantity(limit));
}

/** The resources that a quota counts and this server knows: what its status depends on. */
export function countedBy(quota: ApiObject, catalog: Catalog): string[] {
  const entries = Object.keys(fieldsAt(quota, "spec", "hard") ?? {});
  const storages = entries.map(countedStorage).filter((storage) => storage !== undefined);
  return [...new Set(storages)].filter((storage) => catalog.findStorage(storage) !== undefined);
}
