import type { Pod } from "@moorage/kube-types/core-v1";
import { isPodReady } from "../runtime/pod-state.ts";

/**
 * The `count` pods that are missed least. In this order: not scheduled, not running, not ready, lower
 * `controller.kubernetes.io/pod-deletion-cost`, younger, restarted more often. Source: `ActivePodsWithRanks` of kube-controller-manager.
 */
export function podsToDelete(pods: readonly Pod[], count: number): Pod[] {
  return [...pods].sort((a, b) => compareRanks(ranksOf(a), ranksOf(b))).slice(0, count);
}

/** Smaller goes first. */
function ranksOf(pod: Pod): number[] {
  const restarts = (pod.status?.containerStatuses ?? []).reduce((sum, status) => sum + status.restartCount, 0);
  return [
    pod.spec?.nodeName ? 1 : 0,
    pod.status?.phase === "Running" ? 1 : 0,
    isPodReady(pod) ? 1 : 0,
    Number(pod.metadata.annotations?.["controller.kubernetes.io/pod-deletion-cost"] ?? 0) || 0,
    -restarts,
    -Date.parse(pod.metadata.creationTimestamp ?? ""),
  ];
}

function compareRanks(left: number[], right: number[]): number {
  for (const [index, rank] of left.entries()) {
    const difference = rank - (right[index] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}
