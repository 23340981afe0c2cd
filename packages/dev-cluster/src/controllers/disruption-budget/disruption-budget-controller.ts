import { type Condition, findControllerOf, type KubeObject, matchesSelector, setCondition } from "@moorage/kube-types";
import { Deployment, ReplicaSet, StatefulSet } from "@moorage/kube-types/apps-v1";
import { Pod } from "@moorage/kube-types/core-v1";
import { PodDisruptionBudget, type PodDisruptionBudgetStatus } from "@moorage/kube-types/policy-v1";
import { unlessGone } from "../runtime/api-errors.ts";
import { type BuiltInController, type ControllerContext, keyIn, keyOf, watch } from "../runtime/controller.ts";
import { equalsAsJson } from "../runtime/deep-equal.ts";
import { scaledValue } from "../runtime/int-or-percent.ts";
import { inNamespaceOf } from "../runtime/owned-pods.ts";
import { isPodActive, isPodReady } from "../runtime/pod-state.ts";

/** Counts how many pods of each budget may be evicted now. */
export const disruptionBudgetController: BuiltInController = {
  name: "PodDisruptionBudget",
  watches: [watch(PodDisruptionBudget), watch(Pod, budgetsOf)],

  reconcile(key, context) {
    const budget = context.api.get(PodDisruptionBudget, key);
    if (!budget || budget.metadata.deletionTimestamp !== undefined) return undefined;
    const status = statusOf(budget, context);
    if (status.expectedPods === 0) {
      context.events.record(budget, { reason: "NoPods", message: "No matching pods found" });
    }
    if (!equalsAsJson(status, budget.status)) {
      unlessGone(() => context.api.update(PodDisruptionBudget, { ...budget, status }, { subresource: "status" }));
    }
    return undefined;
  },
};

function statusOf(budget: PodDisruptionBudget, context: ControllerContext): PodDisruptionBudgetStatus {
  const pods = context.api.list(Pod, inNamespaceOf(budget)).filter((pod) => isPodActive(pod) && selects(budget, pod));
  const { expected, desired } = countsOf(budget, pods, context);
  const currentHealthy = pods.filter(isPodReady).length;
  const disruptionsAllowed = Math.max(0, Math.min(currentHealthy - desired, pods.length));
  const { generation } = budget.metadata;
  return {
    ...(generation !== undefined && { observedGeneration: generation }),
    ...(budget.status?.disruptedPods && { disruptedPods: budget.status.disruptedPods }),
    disruptionsAllowed,
    currentHealthy,
    desiredHealthy: desired,
    expectedPods: expected,
    conditions: conditionsOf(budget, disruptionsAllowed, context.now()),
  };
}

/** How many pods there should be by their controllers, and how many of them must stay healthy. Source: `getExpectedPodCount`. */
function countsOf({ spec }: PodDisruptionBudget, pods: readonly Pod[], context: ControllerContext) {
  const { minAvailable, maxUnavailable } = spec ?? {};
  if (maxUnavailable !== undefined) {
    const expected = expectedPods(pods, context);
    return { expected, desired: Math.max(0, expected - scaledValue(maxUnavailable, expected, "up")) };
  }
  if (typeof minAvailable === "string") {
    const expected = expectedPods(pods, context);
    return { expected, desired: scaledValue(minAvailable, expected, "up") };
  }
  return { expected: pods.length, desired: minAvailable ?? 1 };
}

/** The sum of `replicas` of the controllers of the pods; a pod without one counts for itself. */
function expectedPods(pods: readonly Pod[], context: ControllerContext): number {
  const byController = Map.groupBy(pods, (pod) => findControllerOf(pod)?.uid ?? pod.metadata.uid);
  return [...byController.values()].reduce((sum, group) => sum + (wantedBy(group[0], context) ?? group.length), 0);
}

function wantedBy(pod: Pod | undefined, { api }: ControllerContext): number | undefined {
  const owner = pod && findControllerOf(pod);
  if (!owner) return undefined;
  const key = keyIn(pod.metadata.namespace, owner.name);
  if (owner.kind === "StatefulSet") return api.get(StatefulSet, key)?.spec.replicas ?? 1;
  if (owner.kind !== "ReplicaSet") return undefined;
  const replicaSet = api.get(ReplicaSet, key);
  const parent = replicaSet && findControllerOf(replicaSet);
  const deployment =
    parent?.kind === "Deployment" ? api.get(Deployment, keyIn(pod.metadata.namespace, parent.name)) : undefined;
  return (deployment ?? replicaSet)?.spec.replicas ?? 1;
}

function conditionsOf({ status, metadata }: PodDisruptionBudget, allowed: number, now: Date): Condition[] {
  const [holds, reason] = allowed > 0 ? ["True" as const, "SufficientPods"] : ["False" as const, "InsufficientPods"];
  const observed = { type: "DisruptionAllowed", status: holds, reason, message: "" };
  const { generation } = metadata;
  return setCondition(status?.conditions, observed, {
    now,
    ...(generation !== undefined && { observedGeneration: generation }),
  });
}

function budgetsOf(pod: KubeObject, { api }: ControllerContext) {
  return api
    .list(PodDisruptionBudget, inNamespaceOf(pod))
    .filter((budget) => selects(budget, pod))
    .map(keyOf);
}

function selects({ spec }: PodDisruptionBudget, { metadata }: KubeObject): boolean {
  return matchesSelector(spec?.selector, metadata.labels);
}
