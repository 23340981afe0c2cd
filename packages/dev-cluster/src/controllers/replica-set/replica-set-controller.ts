import { ReplicaSet } from "@moorage/kube-types/apps-v1";
import { Pod } from "@moorage/kube-types/core-v1";
import { attempt, messageOf, ReportedError, unlessGone } from "../runtime/api-errors.ts";
import {
  type BuiltInController,
  type ControllerContext,
  controllerOfKind,
  keyOf,
  watch,
} from "../runtime/controller.ts";
import { claim, inNamespaceOf, podFromTemplate } from "../runtime/owned-pods.ts";
import { isPodActive } from "../runtime/pod-state.ts";
import { podsToDelete } from "./pods-to-delete.ts";
import { msUntilNextAvailable, type PodCreationFailure, writeReplicaSetStatus } from "./replica-set-status.ts";

/** At most this many pods are created or deleted in one pass. Source: `BurstReplicas` of upstream. */
const burstReplicas = 500;

/** Keeps as many pods of a template as its ReplicaSet says. */
export const replicaSetController: BuiltInController = {
  name: "ReplicaSet",
  watches: [watch(ReplicaSet), watch(Pod, controllerOfKind(ReplicaSet)), watch(Pod, replicaSetsThatMayAdopt)],

  reconcile(key, context) {
    const replicaSet = context.api.get(ReplicaSet, key);
    if (!replicaSet) return undefined;
    const pods = claim(Pod, replicaSet, replicaSet.spec.selector, context);
    let failure: PodCreationFailure | undefined;
    if (replicaSet.metadata.deletionTimestamp === undefined) failure = scale(replicaSet, pods, context);
    const present = context.api
      .list(Pod, { ...inNamespaceOf(replicaSet), labels: replicaSet.spec.selector })
      .filter((pod) => pod.metadata.ownerReferences?.some(({ uid }) => uid === replicaSet.metadata.uid));
    writeReplicaSetStatus(replicaSet, present, { context, failure });
    // Thrown after the status is written, so that the next attempt comes with back-off.
    if (failure) throw new ReportedError(messageOf(failure.error), { cause: failure.error });
    const afterMs = msUntilNextAvailable(replicaSet, present, context.now());
    return afterMs === undefined ? undefined : { afterMs };
  },
};

function scale(replicaSet: ReplicaSet, pods: Pod[], context: ControllerContext): PodCreationFailure | undefined {
  const active = pods.filter(isPodActive);
  const missing = (replicaSet.spec.replicas ?? 1) - active.length;
  if (missing > 0) return createPods(replicaSet, Math.min(missing, burstReplicas), context);
  return deletePods(replicaSet, podsToDelete(active, Math.min(-missing, burstReplicas)), context);
}

function createPods(replicaSet: ReplicaSet, count: number, context: ControllerContext): PodCreationFailure | undefined {
  const { api, events } = context;
  const template = replicaSet.spec.template ?? {};
  for (let created = 0; created < count; created++) {
    const pod = podFromTemplate(template, replicaSet, { generateName: `${replicaSet.metadata.name}-` });
    const result = attempt(() => api.create(Pod, pod));
    if (!result.ok) {
      // What the API server refuses (quota, admission, an invalid template) is shown to the user, then retried.
      const message = `Error creating: ${messageOf(result.error)}`;
      events.record(replicaSet, { type: "Warning", reason: "FailedCreate", message });
      return { reason: "FailedCreate", error: result.error };
    }
    const { name } = result.value.metadata;
    events.record(replicaSet, { reason: "SuccessfulCreate", message: `Created pod: ${name}` });
  }
  return undefined;
}

function deletePods(replicaSet: ReplicaSet, pods: Pod[], { api, events }: ControllerContext): undefined {
  for (const pod of pods) {
    if (unlessGone(() => api.delete(Pod, keyOf(pod)))) {
      events.record(replicaSet, { reason: "SuccessfulDelete", message: `Deleted pod: ${pod.metadata.name}` });
    }
  }
}

/** An orphan may belong to any ReplicaSet of its namespace; a reconcile finds out. */
function replicaSetsThatMayAdopt(pod: Pod, { api }: ControllerContext) {
  const controlled = pod.metadata.ownerReferences?.some(({ controller }) => controller === true);
  return controlled ? [] : api.list(ReplicaSet, inNamespaceOf(pod)).map(keyOf);
}
