import type { ApiObject } from "../store/api-object.ts";
import { cloneJson } from "../store/json.ts";
import type { ResourceInfo } from "./resource-info.ts";

/** Kinds whose status writers may also change labels and annotations: kubelet does, on nodes and pods. */
const metadataThroughStatus = new Set(["nodes", "pods"]);

/** What the status of a new object holds before anyone writes it: Go encodes the zero values of required fields. */
const initialStatus: Readonly<Record<string, () => unknown>> = {
  "customresourcedefinitions.apiextensions.k8s.io": () => ({
    acceptedNames: { kind: "", plural: "" },
    conditions: null,
    storedVersions: null,
  }),
  "daemonsets.apps": () => ({
    currentNumberScheduled: 0,
    desiredNumberScheduled: 0,
    numberMisscheduled: 0,
    numberReady: 0,
  }),
  "deployments.apps": () => ({}),
  "horizontalpodautoscalers.autoscaling": () => ({ currentMetrics: null, desiredReplicas: 0 }),
  "poddisruptionbudgets.policy": () => ({
    currentHealthy: 0,
    desiredHealthy: 0,
    disruptionsAllowed: 0,
    expectedPods: 0,
  }),
  "replicasets.apps": () => ({ replicas: 0 }),
  "statefulsets.apps": () => ({ availableReplicas: 0, replicas: 0 }),
  "validatingadmissionpolicies.admissionregistration.k8s.io": () => ({}),
  "ingresses.networking.k8s.io": () => ({ loadBalancer: {} }),
  resourcequotas: () => ({}),
  persistentvolumeclaims: () => ({ phase: "Pending" }),
  services: () => ({ loadBalancer: {} }),
  "cronjobs.batch": () => ({}),
  "jobs.batch": () => ({}),
};

/** Kinds whose creators may set the status themselves. */
const statusFromCreator = new Set(["nodes", "persistentvolumes", "namespaces"]);

/** The status of a new object is the server's to say. */
export function resetStatus(object: ApiObject, info: ResourceInfo): void {
  if (statusFromCreator.has(info.storage)) return;
  const initial = initialStatus[info.storage];
  if (initial) object["status"] = initial();
  else delete object["status"];
}

/**
 * Keeps every part of an object that a write to the given subresource must not change:
 * the status for a write to the object, everything else for a write to its status.
 */
export function keepFieldsOutside(subresource: string, info: ResourceInfo, next: ApiObject, old: ApiObject): void {
  if (subresource === "" && info.subresources.has("status")) keepField(next, old, "status");
  else if (subresource === "status") keepAllBut("status", info, next, old);
  else if (subresource === "finalize") keepField(next, old, "status");
}

function keepField(next: ApiObject, old: ApiObject, field: string): void {
  if (old[field] === undefined) delete next[field];
  else next[field] = cloneJson(old[field]);
}

function keepAllBut(field: string, info: ResourceInfo, next: ApiObject, old: ApiObject): void {
  for (const key of Object.keys(next)) {
    if (key !== field && key !== "metadata" && !(key in old)) delete next[key];
  }
  for (const key of Object.keys(old)) if (key !== field && key !== "metadata") keepField(next, old, key);
  const { managedFields, labels, annotations } = next.metadata;
  const open = metadataThroughStatus.has(info.storage) ? { labels, annotations } : {};
  next.metadata = { ...cloneJson(old.metadata), managedFields, ...open };
  for (const [key, value] of Object.entries({ managedFields, ...open })) {
    if (value === undefined) Reflect.deleteProperty(next.metadata, key);
  }
}
