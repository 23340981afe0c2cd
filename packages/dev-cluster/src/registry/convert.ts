import { apiVersionOf } from "@moorage/kube-types";
import { type ApiObject, ensureFields, type Fields, isFields, listAt, valueAt } from "../store/api-object.ts";
import type { ResourceInfo } from "./resource-info.ts";

type Converter = (object: Fields) => void;

const moved = (object: Fields, from: string, to: string): void => {
  if (object[from] === undefined) return;
  object[to] = object[from];
  delete object[from];
};

/** `v1` Event → `events.k8s.io/v1`: other names for the same fields. */
const coreEventToEvents: Converter = (event) => {
  moved(event, "involvedObject", "regarding");
  moved(event, "message", "note");
  moved(event, "source", "deprecatedSource");
  moved(event, "firstTimestamp", "deprecatedFirstTimestamp");
  moved(event, "lastTimestamp", "deprecatedLastTimestamp");
  moved(event, "count", "deprecatedCount");
  moved(event, "reportingComponent", "reportingController");
  // The older group writes these always, the newer one only where they say something.
  for (const field of ["reportingController", "reportingInstance"]) if (event[field] === "") delete event[field];
};

const eventsToCoreEvent: Converter = (event) => {
  moved(event, "regarding", "involvedObject");
  moved(event, "note", "message");
  moved(event, "deprecatedSource", "source");
  moved(event, "deprecatedFirstTimestamp", "firstTimestamp");
  moved(event, "deprecatedLastTimestamp", "lastTimestamp");
  moved(event, "deprecatedCount", "count");
  moved(event, "reportingController", "reportingComponent");
  for (const field of ["reportingComponent", "reportingInstance"]) event[field] ??= "";
};

/** `autoscaling/v2` → `v1`: only the CPU metric has a field there; upstream keeps the rest in annotations. */
const autoscalerToV1: Converter = (autoscaler) => {
  const spec = autoscaler["spec"];
  if (!isFields(spec)) return;
  const metrics = listAt(spec, "metrics");
  const cpu = metrics.find((metric) => valueAt(metric, "resource", "name") === "cpu");
  const utilization = valueAt(cpu, "resource", "target", "averageUtilization");
  if (utilization !== undefined) spec["targetCPUUtilizationPercentage"] = utilization;
  delete spec["metrics"];
  delete spec["behavior"];
  const status = ensureFields(autoscaler, "status");
  delete status["currentMetrics"];
  delete status["conditions"];
  status["currentReplicas"] ??= 0;
};

const autoscalerToV2: Converter = (autoscaler) => {
  const spec = autoscaler["spec"];
  const status = autoscaler["status"];
  if (isFields(status)) {
    // The older version writes the one number always, the newer one only where it says something; lists are its own.
    if (status["currentReplicas"] === 0) delete status["currentReplicas"];
    status["currentMetrics"] ??= null;
  }
  if (!isFields(spec)) return;
  const utilization = spec["targetCPUUtilizationPercentage"];
  delete spec["targetCPUUtilizationPercentage"];
  if (utilization === undefined) return;
  const target = { type: "Utilization", averageUtilization: utilization };
  spec["metrics"] = [{ type: "Resource", resource: { name: "cpu", target } }];
};

const converters: Readonly<Record<string, Converter>> = {
  "Event v1 → events.k8s.io/v1": coreEventToEvents,
  "Event events.k8s.io/v1 → v1": eventsToCoreEvent,
  "HorizontalPodAutoscaler autoscaling/v2 → autoscaling/v1": autoscalerToV1,
  "HorizontalPodAutoscaler autoscaling/v1 → autoscaling/v2": autoscalerToV2,
};

/** Brings `object`, which may be changed, into the given `apiVersion`. Versions without a converter differ in name only. */
export function convert(object: ApiObject, apiVersion: string): ApiObject {
  if (object.apiVersion === apiVersion) return object;
  converters[`${object.kind} ${object.apiVersion} → ${apiVersion}`]?.(object);
  object.apiVersion = apiVersion;
  return object;
}

/** Whether stored objects already have the version that `info` serves. */
export function isStorageVersion(info: ResourceInfo): boolean {
  return info.storageApiVersion === apiVersionOf(info);
}
