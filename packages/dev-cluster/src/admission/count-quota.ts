import { parseQuantity } from "@moorage/kube-types";
import type { Catalog } from "../registry/catalog.ts";
import type { Draft } from "../registry/registry.ts";
import { forbidden } from "../status/api-error.ts";
import { type ApiObject, type Fields, fieldsAt, listAt, stringAt, valueAt } from "../store/api-object.ts";
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
  if (entry === "services.nodeports" || entry === "services.loadbalancers") return "services";
  if (oldNames.has(entry)) return entry;
  return entry.startsWith("count/") ? entry.slice("count/".length) : undefined;
}

/** How much of an entry one object takes. */
function weightOf(entry: string, object: ApiObject): number {
  if (entry === "pods") return ["Succeeded", "Failed"].includes(stringAt(object, "status", "phase") ?? "") ? 0 : 1;
  if (entry === "services.nodeports") return nodePortsOf(object);
  if (entry === "services.loadbalancers") return stringAt(object, "spec", "type") === "LoadBalancer" ? 1 : 0;
  return 1;
}

/** A load balancer may do without ports of its nodes. */
function nodePortsOf(service: ApiObject): number {
  const type = stringAt(service, "spec", "type") ?? "";
  const ports = listAt(service, "spec", "ports");
  if (type === "LoadBalancer" && valueAt(service, "spec", "allocateLoadBalancerNodePorts") === false) {
    return ports.filter((port) => Number(valueAt(port, "nodePort") ?? 0) > 0).length;
  }
  return type === "NodePort" || type === "LoadBalancer" ? ports.length : 0;
}

/**
 * Refuses an object that would exceed a ResourceQuota of its namespace. Only counts are held; amounts of CPU, memory
 * and storage are not, since nothing here takes them.
 */
export function checkQuota({ info, object, old, options }: Draft, store: Store): void {
  const { namespace, name } = object.metadata;
  if (old || options.subresource || namespace === undefined) return;
  for (const { object: quota } of store.list(quotas, `${namespace}/`)) {
    const exceeded = exceededEntries(store, quota, { storage: info.storage, object });
    if (exceeded.length === 0) continue;
    const join = (part: (entry: Exceeded) => string) => exceeded.map(part).join(",");
    const detail = `requested: ${join(({ entry, asked }) => `${entry}=${asked}`)}, used: ${join(({ entry, used }) => `${entry}=${used}`)}, limited: ${join(({ entry, hard }) => `${entry}=${hard}`)}`;
    throw forbidden(info, name, `exceeded quota: ${quota.metadata.name}, ${detail}`);
  }
}

interface Exceeded {
  entry: string;
  asked: number;
  used: number;
  hard: string;
}

function exceededEntries(
  store: Store,
  quota: ApiObject,
  { storage, object }: { storage: string; object: ApiObject },
): Exceeded[] {
  if (!isInScope(quota, object)) return [];
  const { namespace = "" } = object.metadata;
  const hard: Fields = fieldsAt(quota, "spec", "hard") ?? {};
  return Object.entries(hard)
    .filter(([entry]) => countedStorage(entry) === storage)
    .map(([entry, limit]) => ({
      entry,
      asked: weightOf(entry, object),
      used: usedOf(store, quota, { entry, namespace }),
      hard: String(limit),
    }))
    .filter(({ asked, used, hard: limit }) => asked > 0 && used + asked > parseQuantity(limit))
    .sort((left, right) => (left.entry < right.entry ? -1 : 1));
}

/** How much of an entry is used by those objects that the quota's scopes choose. */
export function usedOf(
  store: Store,
  quota: ApiObject,
  { entry, namespace }: { entry: string; namespace: string },
): number {
  const storage = countedStorage(entry);
  if (storage === undefined) return 0;
  const objects = store.list(storage, `${namespace}/`).map(({ object }) => object);
  return objects.filter((object) => isInScope(quota, object)).reduce((sum, object) => sum + weightOf(entry, object), 0);
}

/** Scopes are about pods. Source: `podMatchesScopeFunc`. */
function isInScope(quota: ApiObject, object: ApiObject): boolean {
  if (object.kind !== "Pod") return true;
  const asked = [
    ...listAt(quota, "spec", "scopes").map((scopeName) => ({ scopeName, operator: "Exists", values: [] })),
    ...listAt(quota, "spec", "scopeSelector", "matchExpressions"),
  ];
  return asked.every((requirement) => holds(object, requirement));
}

function holds(pod: ApiObject, requirement: unknown): boolean {
  const isBestEffort = stringAt(pod, "status", "qosClass") === "BestEffort";
  const hasDeadline = valueAt(pod, "spec", "activeDeadlineSeconds") !== undefined;
  switch (stringAt(requirement, "scopeName")) {
    case "Terminating":
      return hasDeadline;
    case "NotTerminating":
      return !hasDeadline;
    case "BestEffort":
      return isBestEffort;
    case "NotBestEffort":
      return !isBestEffort;
    case "PriorityClass":
      return classHolds(stringAt(pod, "spec", "priorityClassName") ?? "", requirement);
    default:
      return true;
  }
}

function classHolds(name: string, requirement: unknown): boolean {
  const values = listAt(requirement, "values");
  switch (stringAt(requirement, "operator")) {
    case "In":
      return values.includes(name);
    case "NotIn":
      return !values.includes(name);
    case "DoesNotExist":
      return name === "";
    default:
      return name !== "";
  }
}

/** The resources that a quota counts and this server knows: what its status depends on. */
export function countedBy(quota: ApiObject, catalog: Catalog): string[] {
  const entries = Object.keys(fieldsAt(quota, "spec", "hard") ?? {});
  const storages = entries.map(countedStorage).filter((storage) => storage !== undefined);
  return [...new Set(storages)].filter((storage) => catalog.findStorage(storage) !== undefined);
}
