import type { Deployment, DeploymentCondition, DeploymentStatus } from "@moorage/kube-types/apps-v1";
import {
  availableCondition,
  countsOf,
  hasProgressed,
  isComplete,
  type Observed,
  type ReplicaSets,
  withCondition,
} from "./deployment-status.ts";

/** The status a Deployment should have now. Source: `syncRolloutStatus` of kube-controller-manager. */
export function desiredStatus(deployment: Deployment, sets: ReplicaSets, now: Date): DeploymentStatus {
  const counts = countsOf(deployment, sets);
  let conditions: DeploymentCondition[] = deployment.status?.conditions ?? [];
  conditions = withCondition(conditions, availableCondition(deployment, counts), { now });
  const progressing = progressingCondition(deployment, sets, counts, now);
  if (progressing) conditions = withCondition(conditions, progressing.observed, { now, touch: progressing.touch });
  conditions = withReplicaFailure(conditions, sets, now);
  return { ...counts, conditions };
}

interface Progressing {
  observed: Observed;
  touch: boolean;
}

function progressingCondition(
  deployment: Deployment,
  { newSet }: ReplicaSets,
  counts: DeploymentStatus,
  now: Date,
): Progressing | undefined {
  if (!newSet || !hasDeadline(deployment)) return undefined;
  const { name } = newSet.metadata;
  const previous = deployment.status?.conditions?.find(({ type }) => type === "Progressing");
  const wasComplete = (deployment.status?.replicas ?? 0) === (deployment.status?.updatedReplicas ?? 0);
  if (isComplete(deployment, counts)) {
    const message = `ReplicaSet "${name}" has successfully progressed.`;
    return { observed: progressingAs("True", "NewReplicaSetAvailable", message), touch: false };
  }
  // Pods of a finished roll-out that come and go are no roll-out.
  if (previous?.reason === "NewReplicaSetAvailable" && wasComplete && counts.replicas === counts.updatedReplicas) {
    return undefined;
  }
  if (hasProgressed(deployment, counts)) {
    const message = `ReplicaSet "${name}" is progressing.`;
    return { observed: progressingAs("True", "ReplicaSetUpdated", message), touch: true };
  }
  const leftMs = msUntilDeadline(deployment, now);
  if (leftMs !== undefined && leftMs <= 0) {
    const message = `ReplicaSet "${name}" has timed out progressing.`;
    return { observed: progressingAs("False", "ProgressDeadlineExceeded", message), touch: false };
  }
  return undefined;
}

function withReplicaFailure(
  conditions: DeploymentCondition[],
  { newSet, old }: ReplicaSets,
  now: Date,
): DeploymentCondition[] {
  const failure = [newSet, ...old]
    .flatMap((replicaSet) => replicaSet?.status?.conditions ?? [])
    .find(({ type }) => type === "ReplicaFailure");
  if (!failure) return conditions.filter(({ type }) => type !== "ReplicaFailure");
  const { type, status, reason, message } = failure;
  const observed = { type, status, ...(reason && { reason }), ...(message && { message }) };
  return withCondition(conditions, observed, { now });
}

/** A `Progressing` condition without its times. */
export function progressingAs(status: "True" | "False" | "Unknown", reason: string, message: string): Observed {
  return { type: "Progressing", status, reason, message };
}

/** Milliseconds until the progress deadline, or `undefined` when nothing is under way that it could end. */
export function msUntilDeadline(deployment: Deployment, now: Date): number | undefined {
  if (!hasDeadline(deployment) || deployment.spec.paused) return undefined;
  const progressing = deployment.status?.conditions?.find(({ type }) => type === "Progressing");
  if (!progressing?.lastUpdateTime || progressing.status !== "True") return undefined;
  if (progressing.reason === "NewReplicaSetAvailable" || progressing.reason === "DeploymentPaused") return undefined;
  const deadlineMs = (deployment.spec.progressDeadlineSeconds ?? 600) * 1000;
  return Date.parse(progressing.lastUpdateTime) + deadlineMs - now.getTime();
}

/** The largest int32 stands for "no deadline". */
function hasDeadline({ spec }: Deployment): boolean {
  return spec.progressDeadlineSeconds !== 2_147_483_647;
}
