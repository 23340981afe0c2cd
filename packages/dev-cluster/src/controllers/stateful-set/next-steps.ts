import type { StatefulSet } from "@moorage/kube-types/apps-v1";
import type { Pod } from "@moorage/kube-types/core-v1";
import { scaledValue } from "../runtime/int-or-percent.ts";
import { isPodActive, isPodAvailable, isPodFinished } from "../runtime/pod-state.ts";
import { revisionLabel } from "./revisions.ts";
import { ordinalOf } from "./stateful-pod.ts";

/** What one pass does: pods to create by ordinal, and pods to delete. */
export interface Steps {
  create: { ordinal: number; revision: "current" | "update" }[];
  remove: Pod[];
}

interface Situation {
  set: StatefulSet;
  /** The pods that the StatefulSet controls. */
  pods: readonly Pod[];
  currentRevision: string;
  updateRevision: string;
  now: Date;
}

const nothing: Steps = { create: [], remove: [] };

/**
 * What a StatefulSet does next. `OrderedReady` takes one step at a time, lowest ordinal first when it grows and
 * highest first when it shrinks or rolls; `Parallel` grows and shrinks at once. Source: `updateStatefulSet` of kube-controller-manager.
 */
export function nextSteps(situation: Situation): Steps {
  const ordered = situation.set.spec.podManagementPolicy !== "Parallel";
  const growing = stepsToGrow(situation, ordered);
  if (growing) return growing;
  const shrinking = stepsToShrink(situation, ordered);
  if (shrinking) return shrinking;
  return stepsToRoll(situation);
}

function stepsToGrow(situation: Situation, ordered: boolean): Steps | undefined {
  const steps: Steps = { create: [], remove: [] };
  for (const ordinal of wantedOrdinals(situation.set)) {
    const pod = situation.pods.find((candidate) => ordinalOf(situation.set, candidate) === ordinal);
    // A pod that has ended is replaced under the same name.
    if (pod && isPodFinished(pod) && isNotTerminating(pod)) steps.remove.push(pod);
    if (!pod) steps.create.push({ ordinal, revision: revisionFor(situation, ordinal) });
    if (!ordered) continue;
    if (steps.create.length + steps.remove.length > 0) return steps;
    if (pod && !isHealthy(situation, pod)) return nothing;
  }
  return steps.create.length + steps.remove.length > 0 ? steps : undefined;
}

function stepsToShrink({ set, pods, now }: Situation, ordered: boolean): Steps | undefined {
  const wanted = new Set(wantedOrdinals(set));
  const condemned = pods
    .filter((pod) => !wanted.has(ordinalOf(set, pod)))
    .sort((a, b) => ordinalOf(set, b) - ordinalOf(set, a));
  const [highest] = condemned;
  if (!highest) return undefined;
  if (!ordered) return { create: [], remove: condemned.filter(isNotTerminating) };
  if (!isNotTerminating(highest)) return nothing;
  // An unhealthy pod below is waited for before a healthy one is taken away.
  const lower = pods.filter((pod) => wanted.has(ordinalOf(set, pod)));
  const isBlocked = lower.some((pod) => !isPodAvailable(pod, set.spec.minReadySeconds ?? 0, now));
  return isBlocked && isPodActive(highest) && isPodAvailable(highest, 0, now)
    ? nothing
    : { create: [], remove: [highest] };
}

/**
 * A rolling update replaces pods of other revisions from the highest ordinal down to the partition. Pods that are
 * missing or unhealthy for another reason than their old revision use up what may be unavailable.
 */
function stepsToRoll(situation: Situation): Steps {
  const { set, pods, updateRevision } = situation;
  const { type = "RollingUpdate", rollingUpdate = {} } = set.spec.updateStrategy ?? {};
  if (type === "OnDelete") return nothing;
  const { partition = 0, maxUnavailable = 1 } = rollingUpdate;
  const lowest = (set.spec.ordinals?.start ?? 0) + partition;
  const isOld = (pod: Pod) =>
    ordinalOf(set, pod) >= lowest && pod.metadata.labels?.[revisionLabel] !== updateRevision && isNotTerminating(pod);
  const unavailable = pods.filter((pod) => !isOld(pod) && !isHealthy(situation, pod)).length;
  const allowed = Math.max(1, scaledValue(maxUnavailable, set.spec.replicas ?? 1, "up"));
  const old = pods.filter(isOld).sort((a, b) => ordinalOf(set, b) - ordinalOf(set, a));
  return { create: [], remove: old.slice(0, Math.max(0, allowed - unavailable)) };
}

/** A pod below the partition, or one not yet reached by the roll-out's first pass, is created of the current revision. */
function revisionFor({ set, currentRevision, updateRevision }: Situation, ordinal: number): "current" | "update" {
  if (currentRevision === updateRevision) return "update";
  const { type = "RollingUpdate", rollingUpdate } = set.spec.updateStrategy ?? {};
  if (type === "OnDelete") return "update";
  const first = set.spec.ordinals?.start ?? 0;
  return ordinal < first + (rollingUpdate?.partition ?? 0) ? "current" : "update";
}

function wantedOrdinals({ spec }: StatefulSet): number[] {
  const first = spec.ordinals?.start ?? 0;
  return Array.from({ length: spec.replicas ?? 1 }, (_, index) => first + index);
}

function isHealthy({ set, now }: Situation, pod: Pod): boolean {
  return isPodActive(pod) && isPodAvailable(pod, set.spec.minReadySeconds ?? 0, now);
}

function isNotTerminating(pod: Pod): boolean {
  return pod.metadata.deletionTimestamp === undefined;
}
