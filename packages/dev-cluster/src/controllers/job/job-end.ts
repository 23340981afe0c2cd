import { rfc3339Seconds } from "@moorage/kube-types";
import type { Job, JobCondition } from "@moorage/kube-types/batch-v1";
import type { JobCounts } from "./job-counts.ts";

/** How a Job has ended, or has to end now. */
export interface JobEnd {
  type: "Complete" | "Failed";
  reason: string;
  message: string;
}

/** The end that the Job has reached, or `undefined` while it goes on. Source: `syncJob` of kube-controller-manager. */
export function endOf({ spec, status }: Job, counts: JobCounts, now: Date): JobEnd | undefined {
  if (counts.failed > (spec?.backoffLimit ?? 6)) {
    return { type: "Failed", reason: "BackoffLimitExceeded", message: "Job has reached the specified backoff limit" };
  }
  const leftMs = msUntilDeadline({ spec, status }, now);
  if (leftMs !== undefined && leftMs <= 0) {
    return { type: "Failed", reason: "DeadlineExceeded", message: "Job was active longer than specified deadline" };
  }
  const isEnough =
    spec?.completions === undefined
      ? counts.succeeded > 0 && counts.active.length === 0
      : counts.succeeded >= spec.completions;
  if (!isEnough) return undefined;
  return { type: "Complete", reason: "CompletionsReached", message: "Reached expected number of succeeded pods" };
}

/** Milliseconds until `activeDeadlineSeconds` is over. */
export function msUntilDeadline({ spec, status }: Pick<Job, "spec" | "status">, now: Date): number | undefined {
  if (spec?.activeDeadlineSeconds === undefined || !status?.startTime) return undefined;
  return Date.parse(status.startTime) + spec.activeDeadlineSeconds * 1000 - now.getTime();
}

/** The condition by which a Job is known to have ended. */
export function finishedCondition({ status }: Job): JobCondition | undefined {
  return status?.conditions?.find(
    ({ type, status: holds }) => (type === "Complete" || type === "Failed") && holds === "True",
  );
}

/** The conditions of an ended Job: first what was decided, then, when no pod is left, that it is done. */
export function endConditions(end: JobEnd, now: Date): JobCondition[] {
  const time = rfc3339Seconds(now);
  const decided = end.type === "Complete" ? "SuccessCriteriaMet" : "FailureTarget";
  const { reason, message } = end;
  return [decided, end.type].map((type) => ({
    type,
    status: "True",
    reason,
    message,
    lastProbeTime: time,
    lastTransitionTime: time,
  }));
}
