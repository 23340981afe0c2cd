import type { Condition } from "./meta.ts";

/** A condition as a controller observes it; `setCondition` adds the bookkeeping. */
export type ObservedCondition = Pick<Condition, "type" | "status" | "reason" | "message">;

export function findCondition(conditions: readonly Condition[] | undefined, type: string): Condition | undefined {
  return conditions?.find((condition) => condition.type === type);
}

export function isConditionTrue(conditions: readonly Condition[] | undefined, type: string): boolean {
  return findCondition(conditions, type)?.status === "True";
}

/**
 * Returns `conditions` with `observed` set. The list keeps its order and is not modified;
 * `lastTransitionTime` moves only when `status` changes, as `meta.SetStatusCondition` of apimachinery does.
 */
export function setCondition(
  conditions: readonly Condition[] | undefined,
  observed: ObservedCondition,
  options: { now: Date; observedGeneration?: number },
): Condition[] {
  const previous = findCondition(conditions, observed.type);
  const lastTransitionTime =
    previous?.status === observed.status ? previous.lastTransitionTime : rfc3339Seconds(options.now);
  const { type, status, reason, message } = observed;
  const { observedGeneration } = options;
  const next: Condition = {
    type,
    status,
    ...(observedGeneration !== undefined && { observedGeneration }),
    lastTransitionTime,
    reason,
    message,
  };
  if (!previous) return [...(conditions ?? []), next];
  return (conditions ?? []).map((condition) => (condition.type === type ? next : condition));
}

/** The precision of `metav1.Time`: `2026-11-21T09:30:00Z`. */
export function rfc3339Seconds(date: Date): string {
  return `${date.toISOString().slice(0, 19)}Z`;
}
