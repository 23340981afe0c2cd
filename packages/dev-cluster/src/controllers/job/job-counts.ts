import { findControllerOf } from "@moorage/kube-types";
import type { Job } from "@moorage/kube-types/batch-v1";
import type { Pod } from "@moorage/kube-types/core-v1";
import { isPodActive, isPodFinished, isPodReady } from "../runtime/pod-state.ts";

/** The annotation and label by which an Indexed Job numbers its pods. */
export const completionIndex = "batch.kubernetes.io/job-completion-index";

/** The pods of a Job, counted. */
export interface JobCounts {
  active: Pod[];
  ready: number;
  succeeded: number;
  failed: number;
  terminating: number;
  /** Indexes of an Indexed Job that have a pod that succeeded. */
  succeededIndexes: ReadonlySet<number>;
}

/** Counts the pods that `job` controls. */
export function countPods(job: Job, pods: readonly Pod[]): JobCounts {
  const own = pods.filter((pod) => findControllerOf(pod)?.uid === job.metadata.uid);
  const active = own.filter(isPodActive);
  const succeeded = own.filter(({ status }) => status?.phase === "Succeeded");
  return {
    active,
    ready: active.filter(isPodReady).length,
    // Pods that were deleted after they had ended still count.
    succeeded: Math.max(
      isIndexed(job) ? new Set(succeeded.map(indexOf)).size : succeeded.length,
      job.status?.succeeded ?? 0,
    ),
    failed: Math.max(own.filter(({ status }) => status?.phase === "Failed").length, job.status?.failed ?? 0),
    terminating: own.filter((pod) => pod.metadata.deletionTimestamp !== undefined && !isPodFinished(pod)).length,
    succeededIndexes: new Set(succeeded.map(indexOf)),
  };
}

export function isIndexed({ spec }: Job): boolean {
  return spec?.completionMode === "Indexed";
}

export function indexOf({ metadata }: Pod): number {
  return Number(metadata.annotations?.[completionIndex] ?? -1);
}

/** `0,2-4`: how `status.completedIndexes` lists numbers. */
export function formatIndexes(indexes: ReadonlySet<number>): string {
  const runs: [number, number][] = [];
  for (const index of [...indexes].filter((number) => number >= 0).sort((a, b) => a - b)) {
    const last = runs.at(-1);
    if (last && last[1] === index - 1) last[1] = index;
    else runs.push([index, index]);
  }
  // Source: two neighbours are listed, three and more are a range.
  return runs
    .map(([first, last]) => (last - first > 1 ? `${first}-${last}` : [...new Set([first, last])].join(",")))
    .join(",");
}
