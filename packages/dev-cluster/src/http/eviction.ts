import { matchesSelector } from "@moorage/kube-types";
import { keyOf } from "../registry/registry.ts";
import { labelSelectorOf } from "../registry/strategies/typed-parts.ts";
import { ApiError } from "../status/api-error.ts";
import { stringAt, valueAt } from "../store/api-object.ts";
import type { ApiServerParts } from "./api-server.ts";
import { readFields } from "./decode-body.ts";
import type { Exchange } from "./exchange.ts";
import type { Target } from "./write-handlers.ts";

/** Deletes a pod unless a PodDisruptionBudget forbids it now. */
export async function evictPod({ core }: ApiServerParts, exchange: Exchange, { info, path }: Target): Promise<void> {
  const eviction = await readFields(exchange, "Eviction");
  const key = keyOf(info, path.namespace, path.name);
  const pod = core.registry.get(info, key).object;
  const budgets = core.store
    .list("poddisruptionbudgets.policy", `${path.namespace ?? ""}/`)
    .filter(({ object }) => matchesSelector(labelSelectorOf(valueAt(object, "spec", "selector")), pod.metadata.labels));
  const isRunning = ["Running", "Pending"].includes(stringAt(pod, "status", "phase") ?? "");
  for (const { object } of isRunning ? budgets : []) {
    if (Number(valueAt(object, "status", "disruptionsAllowed") ?? 0) > 0) continue;
    const message = "Cannot evict pod as it would violate the pod's disruption budget.";
    const detail = `The disruption budget ${object.metadata.name} needs ${valueAt(object, "status", "desiredHealthy") ?? 0} healthy pods and has ${valueAt(object, "status", "currentHealthy") ?? 0} currently`;
    throw new ApiError(429, "TooManyRequests", message, { causes: [{ reason: "DisruptionBudget", message: detail }] });
  }
  const grace = valueAt(eviction, "deleteOptions", "gracePeriodSeconds");
  core.registry.delete(info, key, typeof grace === "number" ? { gracePeriodSeconds: grace } : {});
  await core.store.settled();
  exchange.send(201, { kind: "Status", apiVersion: "v1", metadata: {}, status: "Success", code: 201 });
}
