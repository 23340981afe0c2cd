import { rfc3339Seconds } from "@moorage/kube-types";
import { Job, type JobCondition, type JobStatus } from "@moorage/kube-types/batch-v1";
import { Pod } from "@moorage/kube-types/core-v1";
import { unlessGone } from "../runtime/api-errors.ts";
import {
  type BuiltInController,
  type ControllerContext,
  controllerOfKind,
  keyOf,
  type Requeue,
  watch,
} from "../runtime/controller.ts";
import { equalsAsJson } from "../runtime/deep-equal.ts";
import { inNamespaceOf } from "../runtime/owned-pods.ts";
import { isPodFinished } from "../runtime/pod-state.ts";
import { countPods, formatIndexes, isIndexed, type JobCounts } from "./job-counts.ts";
import { endConditions, endOf, finishedCondition, type JobEnd, msUntilDeadline } from "./job-end.ts";
import { deletePods, scaleJob } from "./job-pods.ts";
import { podsNamedAfter, releasePods } from "./job-tracking.ts";

/** Source: kube-controller-manager waits 10 s after a failure, doubling to 10 min, before it starts the next pod. */
const firstBackOffMs = 10_000;
const maxBackOffMs = 600_000;

/** Runs pods until enough of them have succeeded. */
export const jobController: BuiltInController = {
  name: "Job",
  watches: [watch(Job), watch(Pod, controllerOfKind(Job))],

  reconcile(key, context) {
    const job = context.api.get(Job, key);
    if (!job || job.metadata.deletionTimestamp !== undefined) {
      releasePods(podsNamedAfter(key, context), context);
      return undefined;
    }
    if (finishedCondition(job)) return deleteWhenOld(job, context);
    const now = context.now();
    const started = job.spec?.suspend ? job : withStartTime(job, context);
    const counts = countPods(started, podsOf(started, context));
    const end = endOf(started, counts, now);
    const waitMs = end ? 0 : msUntilRetry(started, context);
    if (end) deletePods(started, counts.active, context);
    else if (waitMs === 0) scaleJob(started, counts, context);
    writeStatus(started, end, context);
    releaseEnded(started, context);
    return end ? undefined : nextLook(started, waitMs, now);
  },
};

function podsOf(job: Job, { api }: ControllerContext): Pod[] {
  return [...api.list(Pod, { ...inNamespaceOf(job), ...(job.spec?.selector && { labels: job.spec.selector }) })];
}

/** What has ended is counted in the status by now: it may go. */
function releaseEnded(job: Job, context: ControllerContext): void {
  const ended = podsOf(job, context).filter(
    (pod) => isPodFinished(pod) || pod.metadata.deletionTimestamp !== undefined,
  );
  releasePods(ended, context);
}

function withStartTime(job: Job, { api, now }: ControllerContext): Job {
  if (job.status?.startTime) return job;
  const status = { ...job.status, startTime: rfc3339Seconds(now()) };
  return api.update(Job, { ...job, status }, { subresource: "status" });
}

/** After a failed pod the next one waits, the longer the more have failed. */
function msUntilRetry(job: Job, context: ControllerContext): number {
  const failed = podsOf(job, context).filter(({ status }) => status?.phase === "Failed");
  if (failed.length === 0) return 0;
  const ends = failed.map((pod) => Math.max(...(pod.status?.containerStatuses ?? []).map(finishedMs), createdMs(pod)));
  const backOffMs = Math.min(firstBackOffMs * 2 ** (failed.length - 1), maxBackOffMs);
  return Math.max(0, Math.max(...ends) + backOffMs - context.now().getTime());
}

function finishedMs({ state }: { state?: { terminated?: { finishedAt?: string } } }): number {
  return Date.parse(state?.terminated?.finishedAt ?? "") || 0;
}

function createdMs({ metadata }: Pod): number {
  return Date.parse(metadata.creationTimestamp ?? "") || 0;
}

function writeStatus(job: Job, end: JobEnd | undefined, context: ControllerContext): void {
  const current = context.api.get(Job, keyOf(job));
  if (!current) return;
  const status = statusOf(current, countPods(current, podsOf(current, context)), end, context.now());
  if (equalsAsJson(status, current.status)) return;
  unlessGone(() => context.api.update(Job, { ...current, status }, { subresource: "status" }));
  recordSuspension(current, status, context);
  if (!end) return;
  const event =
    end.type === "Complete"
      ? { reason: "Completed", message: "Job completed" }
      : { type: "Warning" as const, ...pick(end) };
  context.events.record(current, event);
}

function recordSuspension(job: Job, status: JobStatus, { events }: ControllerContext): void {
  const find = ({ conditions }: JobStatus) => conditions?.find(({ type }) => type === "Suspended");
  const observed = find(status);
  if (!observed || find(job.status ?? {})?.status === observed.status) return;
  const reason = observed.status === "True" ? "Suspended" : "Resumed";
  events.record(job, { reason, message: `Job ${reason.toLowerCase()}` });
}

function pick({ reason, message }: JobEnd) {
  return { reason, message };
}

function statusOf(job: Job, counts: JobCounts, end: JobEnd | undefined, now: Date): JobStatus {
  const { active, succeeded, failed } = counts;
  return {
    ...(job.status?.startTime && { startTime: job.status.startTime }),
    ...(active.length > 0 && { active: active.length }),
    ...(succeeded > 0 && { succeeded }),
    ...(failed > 0 && { failed }),
    ready: counts.ready,
    terminating: counts.terminating,
    uncountedTerminatedPods: {},
    ...(isIndexed(job) && succeeded > 0 && { completedIndexes: formatIndexes(counts.succeededIndexes) }),
    ...(end?.type === "Complete" && { completionTime: rfc3339Seconds(now) }),
    ...conditionsOf(job, end, now),
  };
}

function conditionsOf(job: Job, end: JobEnd | undefined, now: Date): { conditions?: JobCondition[] } {
  const suspended = suspendedCondition(job, now);
  const conditions = [...(suspended ? [suspended] : []), ...(end ? endConditions(end, now) : [])];
  return conditions.length > 0 ? { conditions } : {};
}

function suspendedCondition({ spec, status }: Job, now: Date): JobCondition | undefined {
  const previous = status?.conditions?.find(({ type }) => type === "Suspended");
  const holds = spec?.suspend ? "True" : "False";
  if (previous?.status === holds || (!previous && !spec?.suspend)) return previous;
  const time = rfc3339Seconds(now);
  const [reason, message] = spec?.suspend ? ["JobSuspended", "Job suspended"] : ["JobResumed", "Job resumed"];
  return { type: "Suspended", status: holds, reason, message, lastProbeTime: time, lastTransitionTime: time };
}

function nextLook(job: Job, waitMs: number, now: Date): Requeue | undefined {
  const waits = [waitMs, msUntilDeadline(job, now) ?? 0].filter((ms) => ms > 0);
  return waits.length === 0 ? undefined : { afterMs: Math.min(...waits) + 1 };
}

/** `ttlSecondsAfterFinished` after its end the Job is deleted with its pods. */
function deleteWhenOld(job: Job, context: ControllerContext): Requeue | undefined {
  deletePods(
    job,
    countPods(job, podsOf(job, context)).active.filter((pod) => !isPodFinished(pod)),
    context,
  );
  releaseEnded(job, context);
  const seconds = job.spec?.ttlSecondsAfterFinished;
  if (seconds === undefined) return undefined;
  const endMs = Date.parse(finishedCondition(job)?.lastTransitionTime ?? "") || 0;
  const leftMs = endMs + seconds * 1000 - context.now().getTime();
  if (leftMs > 0) return { afterMs: leftMs };
  unlessGone(() => context.api.delete(Job, keyOf(job), { propagationPolicy: "Foreground" }));
  return undefined;
}
