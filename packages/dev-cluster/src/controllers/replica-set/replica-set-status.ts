import { matchesLabels, rfc3339Seconds } from "@moorage/kube-types";
import { ReplicaSet, type ReplicaSetCondition, type ReplicaSetStatus } from "@moorage/kube-types/apps-v1";
import type { Pod } from "@moorage/kube-types/core-v1";
import { messageOf, unlessGone } from "../runtime/api-errors.ts";
import type { ControllerContext } from "../runtime/controller.ts";
import { equalsAsJson } from "../runtime/deep-equal.ts";
import { isPodActive, isPodAvailable, isPodReady, msUntilAvailable } from "../runtime/pod-state.ts";

/** Why pods could not be created. */
export interface PodCreationFailure {
  reason: "FailedCreate";
  error: unknown;
}

/** Writes the counts and the condition ReplicaFailure, when they differ from what is stored. */
export function writeReplicaSetStatus(
  replicaSet: ReplicaSet,
  pods: readonly Pod[],
  { context, failure }: { context: ControllerContext; failure: PodCreationFailure | undefined },
): void {
  const status = statusOf(replicaSet, pods, { now: context.now(), failure });
  if (equalsAsJson(status, replicaSet.status)) return;
  unlessGone(() => context.api.update(ReplicaSet, { ...replicaSet, status }, { subresource: "status" }));
}

function statusOf(
  replicaSet: ReplicaSet,
  pods: readonly Pod[],
  { now, failure }: { now: Date; failure: PodCreationFailure | undefined },
): ReplicaSetStatus {
  const active = pods.filter(isPodActive);
  const minReadySeconds = replicaSet.spec.minReadySeconds ?? 0;
  const templateLabels = replicaSet.spec.template?.metadata?.labels;
  const ready = active.filter(isPodReady).length;
  const available = active.filter((pod) => isPodAvailable(pod, minReadySeconds, now)).length;
  const labeled = active.filter((pod) => matchesLabels(templateLabels, pod.metadata.labels)).length;
  const conditions = conditionsOf(replicaSet, failure, now);
  return {
    replicas: active.length,
    ...(labeled > 0 && { fullyLabeledReplicas: labeled }),
    ...(ready > 0 && { readyReplicas: ready }),
    ...(available > 0 && { availableReplicas: available }),
    terminatingReplicas: pods.filter((pod) => pod.metadata.deletionTimestamp !== undefined).length,
    ...(replicaSet.metadata.generation !== undefined && { observedGeneration: replicaSet.metadata.generation }),
    ...(conditions.length > 0 && { conditions }),
  };
}

function conditionsOf(
  { status }: ReplicaSet,
  failure: PodCreationFailure | undefined,
  now: Date,
): ReplicaSetCondition[] {
  const others = status?.conditions?.filter(({ type }) => type !== "ReplicaFailure") ?? [];
  if (!failure) return others;
  const previous = status?.conditions?.find(({ type }) => type === "ReplicaFailure");
  const message = messageOf(failure.error);
  if (previous && previous.reason === failure.reason && previous.message === message) return [...others, previous];
  const lastTransitionTime = rfc3339Seconds(now);
  return [...others, { type: "ReplicaFailure", status: "True", reason: failure.reason, message, lastTransitionTime }];
}

/** When the next pod that is ready becomes available by `minReadySeconds`. */
export function msUntilNextAvailable(replicaSet: ReplicaSet, pods: readonly Pod[], now: Date): number | undefined {
  const waits = pods
    .filter(isPodActive)
    .map((pod) => msUntilAvailable(pod, replicaSet.spec.minReadySeconds ?? 0, now) ?? 0)
    .filter((ms) => ms > 0);
  return waits.length === 0 ? undefined : Math.min(...waits);
}
