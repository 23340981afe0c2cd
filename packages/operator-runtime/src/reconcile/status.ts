import { type Condition, equalJson, type KubeObject, type ObservedCondition, setCondition } from "@moorage/kube-types";
import type { Blocked } from "../controller.ts";
import { canonicalJson, hashOf, isRecord } from "../json.ts";
import type { Outcome } from "../outcome.ts";

/** The status that an object has now. */
export function statusOf(object: KubeObject): Record<string, unknown> {
  const status = "status" in object ? object.status : undefined;
  return isRecord(status) ? status : {};
}

/** The conditions that an object has now; entries that are no conditions do not count. */
export function conditionsOf(object: KubeObject): Condition[] {
  const { conditions } = statusOf(object);
  return Array.isArray(conditions) ? conditions.filter(isCondition) : [];
}

/**
 * The whole status that an outcome asks for: its fields, its conditions with their bookkeeping, and the generation
 * that was looked at. A blocked outcome is not ready, whatever it says itself.
 */
export function desiredStatus(
  object: KubeObject,
  outcome: Outcome,
  context: { now: Date; blocked: Blocked | undefined; blockedStatus: Record<string, unknown> },
): Record<string, unknown> {
  const { generation } = object.metadata;
  const observed = withBlocked(outcome.conditions, context.blocked);
  const current = conditionsOf(object);
  const conditions = observed.map((condition) => {
    const [set] = setCondition(
      current.filter(({ type }) => type === condition.type),
      condition,
      { now: context.now, ...(generation !== undefined && { observedGeneration: generation }) },
    );
    return set;
  });
  const fields = { ...outcome.status, ...context.blockedStatus };
  return { ...fields, ...(generation !== undefined && { observedGeneration: generation }), conditions };
}

function withBlocked(conditions: readonly ObservedCondition[], blocked: Blocked | undefined): ObservedCondition[] {
  if (!blocked) return [...conditions];
  const { reason, message } = blocked;
  const others = conditions.filter(({ type }) => type !== "Ready" && type !== "ResourceConflict");
  const notReady: ObservedCondition = { type: "Ready", status: "False", reason, message };
  if (reason !== "ResourceConflict") return [notReady, ...others];
  return [notReady, ...others, { type: "ResourceConflict", status: "True", reason: "NameTaken", message }];
}

/**
 * Knows whether a status has to be written. Equal values are not written; neither is a value that the server changed
 * when it was written last (it drops unknown fields), until either side changes.
 */
export class StatusMemory {
  /** What the server made something else of. */
  readonly #changed = new Map<string, { desired: string; stored: string }>();

  needsWrite(object: KubeObject, desired: Record<string, unknown>): boolean {
    const stored = statusOf(object);
    if (isSame(stored, desired)) return false;
    const last = this.#changed.get(object.metadata.uid ?? "");
    return last === undefined || last.desired !== hashOf(desired) || last.stored !== hashOf(stored);
  }

  /** Remembers the server's answer to a write. */
  remember(desired: Record<string, unknown>, answer: KubeObject): void {
    const { uid = "" } = answer.metadata;
    const stored = statusOf(answer);
    if (isSame(stored, desired)) this.#changed.delete(uid);
    else this.#changed.set(uid, { desired: hashOf(desired), stored: hashOf(stored) });
  }

  forget(uid: string): void {
    this.#changed.delete(uid);
  }
}

/** Whether both are written alike: a date is its text. */
function isSame(stored: unknown, desired: unknown): boolean {
  return equalJson(stored, desired) || canonicalJson(stored) === canonicalJson(desired);
}

function isCondition(value: unknown): value is Condition {
  return isRecord(value) && ["type", "status", "reason", "message"].every((field) => typeof value[field] === "string");
}
