import type { Job } from "@moorage/kube-types/batch-v1";
import { Pod } from "@moorage/kube-types/core-v1";
import { podsToDelete } from "../replica-set/pods-to-delete.ts";
import { attempt, messageOf, ReportedError, unlessGone } from "../runtime/api-errors.ts";
import { type ControllerContext, keyOf } from "../runtime/controller.ts";
import { podFromTemplate } from "../runtime/owned-pods.ts";
import { completionIndex, indexOf, isIndexed, type JobCounts } from "./job-counts.ts";
import { jobTracking } from "./job-tracking.ts";

/** Creates or deletes pods so that as many run as `parallelism` and what is left to do allow. */
export function scaleJob(job: Job, counts: JobCounts, context: ControllerContext): void {
  const wanted = wantedActive(job, counts);
  const missing = wanted - counts.active.length;
  if (missing < 0) deletePods(job, podsToDelete(counts.active, -missing), context);
  else if (isIndexed(job))
    for (const index of freeIndexes(job, counts).slice(0, missing)) createPod(job, index, context);
  else for (let created = 0; created < missing; created++) createPod(job, undefined, context);
}

function wantedActive({ spec }: Job, { succeeded, active }: JobCounts): number {
  const { parallelism = 1, completions, suspend = false } = spec ?? {};
  if (suspend) return 0;
  // A work queue: once one pod has succeeded no new ones start.
  if (completions === undefined) return succeeded > 0 ? active.length : parallelism;
  return Math.min(parallelism, completions - succeeded);
}

function freeIndexes({ spec }: Job, { active, succeededIndexes }: JobCounts): number[] {
  const taken = new Set([...active.map(indexOf), ...succeededIndexes]);
  return Array.from({ length: spec?.completions ?? 0 }, (_, index) => index).filter((index) => !taken.has(index));
}

function createPod(job: Job, index: number | undefined, { api, events }: ControllerContext): void {
  const template = job.spec?.template ?? {};
  const prefix = index === undefined ? `${job.metadata.name}-` : `${job.metadata.name}-${index}-`;
  const made = podFromTemplate(template, job, { generateName: prefix });
  const finalizers = [...(made.metadata.finalizers ?? []), jobTracking];
  const pod = { ...made, metadata: { ...made.metadata, finalizers } };
  const result = attempt(() => api.create(Pod, index === undefined ? pod : numbered(pod, job, index)));
  if (!result.ok) {
    const message = `Error creating: ${messageOf(result.error)}`;
    events.record(job, { type: "Warning", reason: "FailedCreate", message });
    throw new ReportedError(message, { cause: result.error });
  }
  events.record(job, { reason: "SuccessfulCreate", message: `Created pod: ${result.value.metadata.name}` });
}

function numbered(pod: Pod, job: Job, index: number): Pod {
  const text = String(index);
  const spec = pod.spec ?? { containers: [] };
  const variable = { name: "JOB_COMPLETION_INDEX", value: text };
  return {
    ...pod,
    metadata: {
      ...pod.metadata,
      annotations: { ...pod.metadata.annotations, [completionIndex]: text },
      labels: { ...pod.metadata.labels, [completionIndex]: text },
    },
    spec: {
      ...spec,
      hostname: `${job.metadata.name}-${index}`,
      containers: spec.containers.map((container) => ({ ...container, env: [...(container.env ?? []), variable] })),
    },
  };
}

/** Deletes the pods of an ended, suspended or shrunk Job. */
export function deletePods(job: Job, pods: readonly Pod[], { api, events }: ControllerContext): void {
  for (const pod of pods) {
    if (!unlessGone(() => api.delete(Pod, keyOf(pod)))) continue;
    events.record(job, { reason: "SuccessfulDelete", message: `Deleted pod: ${pod.metadata.name}` });
  }
}
