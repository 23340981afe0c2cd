import { rfc3339Seconds } from "@moorage/kube-types";
import type { Deployment, DeploymentCondition, DeploymentStatus, ReplicaSet } from "@moorage/kube-types/apps-v1";
import { limitsOf, statusSum } from "./limits.ts";

/** The ReplicaSets of a Deployment: the one of its template, if it is there yet, and the others. */
export interface ReplicaSets {
  newSet: ReplicaSet | undefined;
  old: readonly ReplicaSet[];
}

/** The counts of a Deployment's status, without conditions. Source: `calculateStatus` of kube-controller-manager. */
export function countsOf(deployment: Deployment, { newSet, old }: ReplicaSets): DeploymentStatus {
  const all = newSet ? [...old, newSet] : [...old];
  const available = statusSum(all, "availableReplicas");
  const total = statusSum(all, "replicas");
  const counts = {
    replicas: total,
    updatedReplicas: newSet?.status?.replicas ?? 0,
    readyReplicas: statusSum(all, "readyReplicas"),
    availableReplicas: available,
    unavailableReplicas: Math.max(0, all.reduce((sum, { spec }) => sum + (spec.replicas ?? 1), 0) - available),
  };
  const { collisionCount } = deployment.status ?? {};
  return {
    ...Object.fromEntries(Object.entries(counts).filter(([, count]) => count !== 0)),
    terminatingReplicas: statusSum(all, "terminatingReplicas"),
    ...(deployment.metadata.generation !== undefined && { observedGeneration: deployment.metadata.generation }),
    ...(collisionCount !== undefined && { collisionCount }),
  };
}

/** Whether every wanted pod is of the new template and available, and no old one is left. */
export function isComplete({ spec }: Deployment, status: DeploymentStatus): boolean {
  const replicas = spec.replicas ?? 1;
  return (
    (status.updatedReplicas ?? 0) === replicas &&
    (status.replicas ?? 0) === replicas &&
    (status.availableReplicas ?? 0) === replicas
  );
}

/** Whether something has moved since the stored status. */
export function hasProgressed({ status: before = {} }: Deployment, after: DeploymentStatus): boolean {
  const oldPods = (status: DeploymentStatus) => (status.replicas ?? 0) - (status.updatedReplicas ?? 0);
  return (
    (after.updatedReplicas ?? 0) > (before.updatedReplicas ?? 0) ||
    oldPods(after) < oldPods(before) ||
    (after.readyReplicas ?? 0) > (before.readyReplicas ?? 0) ||
    (after.availableReplicas ?? 0) > (before.availableReplicas ?? 0)
  );
}

/** The condition Available: enough pods for what `maxUnavailable` demands. */
export function availableCondition(deployment: Deployment, status: DeploymentStatus): Observed {
  const { replicas, maxUnavailable } = limitsOf(deployment);
  return (status.availableReplicas ?? 0) >= replicas - maxUnavailable
    ? {
        type: "Available",
        status: "True",
        reason: "MinimumReplicasAvailable",
        message: "Deployment has minimum availability.",
      }
    : {
        type: "Available",
        status: "False",
        reason: "MinimumReplicasUnavailable",
        message: "Deployment does not have minimum availability.",
      };
}

/** A condition without its times. */
export type Observed = Pick<DeploymentCondition, "type" | "status" | "reason" | "message">;

/**
 * `conditions` with `observed` set. A condition with the same status and reason keeps its text and times, unless
 * `touch` says that progress was made: `lastUpdateTime` is what the progress deadline counts from.
 */
export function withCondition(
  conditions: readonly DeploymentCondition[],
  observed: Observed,
  { now, touch = false }: { now: Date; touch?: boolean },
): DeploymentCondition[] {
  const previous = conditions.find(({ type }) => type === observed.type);
  if (previous?.status === observed.status && previous.reason === observed.reason && !touch) return [...conditions];
  const time = rfc3339Seconds(now);
  const next: DeploymentCondition = {
    ...observed,
    lastUpdateTime: time,
    lastTransitionTime: previous?.status === observed.status ? (previous.lastTransitionTime ?? time) : time,
  };
  return [...conditions.filter(({ type }) => type !== observed.type), next];
}
