import { StatefulSet, type StatefulSetStatus } from "@moorage/kube-types/apps-v1";
import type { Pod } from "@moorage/kube-types/core-v1";
import { unlessGone } from "../runtime/api-errors.ts";
import { type ControllerContext, keyOf } from "../runtime/controller.ts";
import { equalsAsJson } from "../runtime/deep-equal.ts";
import { isPodActive, isPodAvailable, isPodFinished, isPodReady } from "../runtime/pod-state.ts";
import { type Revisions, revisionLabel } from "./revisions.ts";

/** Writes the counts and revisions when they differ from what is stored. */
export function writeStatefulSetStatus(
  set: StatefulSet,
  pods: readonly Pod[],
  { revisions, context }: { revisions: Revisions; context: ControllerContext },
): void {
  const current = context.api.get(StatefulSet, keyOf(set));
  if (!current) return;
  const status = statusOf(current, pods, revisions, context.now());
  if (equalsAsJson(status, current.status)) return;
  unlessGone(() => context.api.update(StatefulSet, { ...current, status }, { subresource: "status" }));
}

function statusOf(set: StatefulSet, pods: readonly Pod[], revisions: Revisions, now: Date): StatefulSetStatus {
  const created = pods.filter((pod) => !isPodFinished(pod));
  const active = pods.filter(isPodActive);
  const ready = created.filter(isPodReady);
  const available = created.filter((pod) => isPodAvailable(pod, set.spec.minReadySeconds ?? 0, now));
  const ofRevision = (name: string) =>
    active.filter(({ metadata }) => metadata.labels?.[revisionLabel] === name).length;
  const update = revisions.update.metadata.name;
  const current = isRolledOut(set, update, ready) ? update : revisions.current.metadata.name;
  return {
    ...(set.metadata.generation !== undefined && { observedGeneration: set.metadata.generation }),
    replicas: created.length,
    ...nonZero({
      readyReplicas: ready.length,
      currentReplicas: ofRevision(current),
      updatedReplicas: ofRevision(update),
    }),
    availableReplicas: available.length,
    currentRevision: current,
    updateRevision: update,
    collisionCount: set.status?.collisionCount ?? 0,
  };
}

/** A roll-out is over when all wanted pods are of the new revision and ready; a partition keeps it open. */
function isRolledOut(set: StatefulSet, update: string, ready: readonly Pod[]): boolean {
  const updated = ready.filter(({ metadata }) => metadata.labels?.[revisionLabel] === update && isAlive(metadata));
  return updated.length === (set.spec.replicas ?? 1) && ready.length === updated.length;
}

function isAlive({ deletionTimestamp }: { deletionTimestamp?: string }): boolean {
  return deletionTimestamp === undefined;
}

function nonZero(counts: Record<string, number>): Record<string, number> {
  return Object.fromEntries(Object.entries(counts).filter(([, count]) => count !== 0));
}
