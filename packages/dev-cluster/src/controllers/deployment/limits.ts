import type { Deployment, ReplicaSet } from "@moorage/kube-types/apps-v1";
import { scaledValue } from "../runtime/int-or-percent.ts";

/** How far a roll-out may move from the wanted number of pods. */
export interface Limits {
  replicas: number;
  maxSurge: number;
  maxUnavailable: number;
}

/**
 * Both limits as numbers of pods. When both round to 0, one pod may be unavailable, else nothing could move.
 * Source: `ResolveFenceposts` of kube-controller-manager.
 */
export function limitsOf({ spec }: Deployment): Limits {
  const replicas = spec.replicas ?? 1;
  if (spec.strategy?.type === "Recreate") return { replicas, maxSurge: 0, maxUnavailable: replicas };
  const { maxSurge = "25%", maxUnavailable = "25%" } = spec.strategy?.rollingUpdate ?? {};
  const surge = scaledValue(maxSurge, replicas, "up");
  const unavailable = scaledValue(maxUnavailable, replicas, "down");
  const moves = surge + unavailable > 0 ? unavailable : 1;
  return { replicas, maxSurge: surge, maxUnavailable: Math.min(moves, replicas) };
}

export function specReplicas(replicaSets: readonly ReplicaSet[]): number {
  return replicaSets.reduce((sum, { spec }) => sum + (spec.replicas ?? 1), 0);
}

export function statusSum(
  replicaSets: readonly ReplicaSet[],
  field: "replicas" | "readyReplicas" | "availableReplicas" | "terminatingReplicas",
): number {
  return replicaSets.reduce((sum, { status }) => sum + (status?.[field] ?? 0), 0);
}
