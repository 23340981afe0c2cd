import { StatefulSet } from "@moorage/kube-types/apps-v1";
import { Pod } from "@moorage/kube-types/core-v1";
import { attempt, messageOf, ReportedError, unlessGone } from "../runtime/api-errors.ts";
import {
  type BuiltInController,
  type ControllerContext,
  controllerOfKind,
  keyOf,
  type Requeue,
  watch,
} from "../runtime/controller.ts";
import { claim, inNamespaceOf } from "../runtime/owned-pods.ts";
import { msUntilAvailable } from "../runtime/pod-state.ts";
import { nextSteps, type Steps } from "./next-steps.ts";
import { cleanUpRevisions, ensureRevisions, type Revisions, revisionLabel } from "./revisions.ts";
import { ordinalOf, statefulPod } from "./stateful-pod.ts";
import { writeStatefulSetStatus } from "./stateful-set-status.ts";
import { ensureVolumeClaims } from "./volume-claims.ts";

/** Keeps pods with stable names, one per ordinal, and replaces them in order. */
export const statefulSetController: BuiltInController = {
  name: "StatefulSet",
  watches: [watch(StatefulSet), watch(Pod, controllerOfKind(StatefulSet)), watch(Pod, statefulSetsThatMayAdopt)],

  reconcile(key, context) {
    const set = context.api.get(StatefulSet, key);
    if (!set) return undefined;
    const { all, ...revisions } = ensureRevisions(set, context);
    const pods = podsOf(set, context);
    if (set.metadata.deletionTimestamp === undefined) {
      const steps = nextSteps({
        set,
        pods,
        currentRevision: revisions.current.metadata.name,
        updateRevision: revisions.update.metadata.name,
        now: context.now(),
      });
      take(steps, { set, revisions, context });
    }
    const present = podsOf(set, context);
    writeStatefulSetStatus(set, present, { revisions, context });
    const inUse = new Set([
      revisions.current.metadata.name,
      revisions.update.metadata.name,
      ...present.map(({ metadata }) => metadata.labels?.[revisionLabel]),
    ]);
    cleanUpRevisions(set, all, { inUse, context });
    return requeueFor(set, present, context);
  },
};

function take(
  { create, remove }: Steps,
  { set, revisions, context }: { set: StatefulSet; revisions: Revisions; context: ControllerContext },
): void {
  for (const pod of remove) removePod(set, pod, context);
  for (const { ordinal, revision } of create) createPod(set, statefulPod(set, ordinal, revisions[revision]), context);
}

function createPod(set: StatefulSet, pod: Pod, context: ControllerContext): void {
  const { api, events } = context;
  const { name } = pod.metadata;
  const result = attempt(() => {
    ensureVolumeClaims(set, name, context);
    api.create(Pod, pod);
  });
  if (!result.ok) {
    const message = `Create Pod ${name} in StatefulSet ${set.metadata.name} failed error: ${messageOf(result.error)}`;
    events.record(set, { type: "Warning", reason: "FailedCreate", message });
    throw new ReportedError(message, { cause: result.error });
  }
  const message = `Create Pod ${name} in StatefulSet ${set.metadata.name} successful`;
  events.record(set, { reason: "SuccessfulCreate", message });
}

function removePod(set: StatefulSet, pod: Pod, { api, events }: ControllerContext): void {
  const { name } = pod.metadata;
  if (!unlessGone(() => api.delete(Pod, keyOf(pod)))) return;
  const message = `Delete Pod ${name} in StatefulSet ${set.metadata.name} successful`;
  events.record(set, { reason: "SuccessfulDelete", message });
}

function podsOf(set: StatefulSet, context: ControllerContext): Pod[] {
  return claim(Pod, set, set.spec.selector, context).filter((pod) => ordinalOf(set, pod) >= 0);
}

function requeueFor(set: StatefulSet, pods: readonly Pod[], { now }: ControllerContext): Requeue | undefined {
  const waits = pods
    .map((pod) => msUntilAvailable(pod, set.spec.minReadySeconds ?? 0, now()) ?? 0)
    .filter((ms) => ms > 0);
  return waits.length === 0 ? undefined : { afterMs: Math.min(...waits) };
}

function statefulSetsThatMayAdopt(pod: Pod, { api }: ControllerContext) {
  const controlled = pod.metadata.ownerReferences?.some(({ controller }) => controller === true);
  return controlled ? [] : api.list(StatefulSet, inNamespaceOf(pod)).map(keyOf);
}
