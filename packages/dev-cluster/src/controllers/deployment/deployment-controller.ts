import { findControllerOf } from "@moorage/kube-types";
import { Deployment, ReplicaSet } from "@moorage/kube-types/apps-v1";
import { Pod } from "@moorage/kube-types/core-v1";
import { unlessGone } from "../runtime/api-errors.ts";
import {
  type BuiltInController,
  type ControllerContext,
  controllerOfKind,
  keyIn,
  keyOf,
  type Requeue,
  watch,
} from "../runtime/controller.ts";
import { equalsAsJson } from "../runtime/deep-equal.ts";
import { claim, inNamespaceOf } from "../runtime/owned-pods.ts";
import { isPodFinished } from "../runtime/pod-state.ts";
import { isComplete, type ReplicaSets, withCondition } from "./deployment-status.ts";
import { limitsOf, specReplicas } from "./limits.ts";
import { ensureNewReplicaSet } from "./new-replica-set.ts";
import { desiredStatus, msUntilDeadline, progressingAs } from "./progress.ts";
import { desiredReplicasAnnotation, findNewReplicaSet, revisionOf } from "./revisions.ts";
import { newReplicaSetSize, oldReplicaSetSizes, proportionalSizes } from "./roll-out.ts";
import { scaleReplicaSet } from "./scale-replica-set.ts";

/** Rolls a pod template out by scaling a ReplicaSet per template, and keeps a history of them. */
export const deploymentController: BuiltInController = {
  name: "Deployment",
  watches: [watch(Deployment), watch(ReplicaSet, controllerOfKind(Deployment)), watch(Pod, deploymentOfPod)],

  reconcile(key, context) {
    const deployment = context.api.get(Deployment, key);
    if (!deployment) return undefined;
    if (isEmptySelector(deployment)) {
      const message = "This deployment is selecting all pods. A non-empty selector is required.";
      context.events.record(deployment, { type: "Warning", reason: "SelectingAll", message });
      return undefined;
    }
    const replicaSets = claim(ReplicaSet, deployment, deployment.spec.selector, context);
    if (deployment.metadata.deletionTimestamp !== undefined) {
      return writeStatus(deployment, split(deployment, replicaSets), context);
    }
    const current = notePause(deployment, context);
    if (current.spec.paused || isScaling(current, replicaSets)) return rescale(current, replicaSets, context);
    return rollOut(current, replicaSets, context);
  },
};

function rollOut(deployment: Deployment, replicaSets: ReplicaSet[], context: ControllerContext): Requeue | undefined {
  const recreate = deployment.spec.strategy?.type === "Recreate";
  if (recreate && scaleDownAndWait(deployment, split(deployment, replicaSets), context)) {
    return writeStatus(deployment, reread(deployment, context), context);
  }
  const { deployment: annotated, newSet } = ensureNewReplicaSet(deployment, replicaSets, context);
  const old = replicaSets.filter(({ metadata }) => metadata.uid !== newSet.metadata.uid);
  const limits = limitsOf(annotated);
  const size = recreate ? limits.replicas : newReplicaSetSize(newSet, [...old, newSet], limits);
  const grown = scaleReplicaSet(annotated, newSet, size, context);
  for (const [name, replicas] of oldReplicaSetSizes(grown, old, limits)) {
    const replicaSet = old.find(({ metadata }) => metadata.name === name);
    if (replicaSet) scaleReplicaSet(annotated, replicaSet, replicas, context);
  }
  const sets = reread(annotated, context);
  const requeue = writeStatus(annotated, sets, context);
  cleanUpHistory(annotated, sets, context);
  return requeue;
}

/** Recreate: whether pods of old templates are still there, after asking them to go. */
function scaleDownAndWait(deployment: Deployment, { old }: ReplicaSets, context: ControllerContext): boolean {
  for (const replicaSet of old) scaleReplicaSet(deployment, replicaSet, 0, context);
  const oldUids = new Set(old.map(({ metadata }) => metadata.uid));
  return context.api
    .list(Pod, { ...inNamespaceOf(deployment), labels: deployment.spec.selector })
    .some((pod) => oldUids.has(findControllerOf(pod)?.uid) && !isPodFinished(pod));
}

/** Paused, or scaled during a roll-out: sizes change, templates do not. */
function rescale(deployment: Deployment, replicaSets: ReplicaSet[], context: ControllerContext): Requeue | undefined {
  const { newSet, old } = split(deployment, replicaSets);
  const limits = limitsOf(deployment);
  const active = replicaSets.filter(({ spec }) => (spec.replicas ?? 1) > 0);
  const only = active.length === 1 ? active[0] : active.length === 0 ? newSet : undefined;
  if (only) {
    scaleReplicaSet(deployment, only, limits.replicas, context);
  } else if (newSet && isSaturated(newSet, limits.replicas)) {
    for (const replicaSet of old) scaleReplicaSet(deployment, replicaSet, 0, context);
  } else if (deployment.spec.strategy?.type !== "Recreate") {
    const sizes = proportionalSizes(active, limits);
    for (const replicaSet of active) {
      const size = sizes.get(replicaSet.metadata.name) ?? replicaSet.spec.replicas ?? 1;
      scaleReplicaSet(deployment, replicaSet, size, context);
    }
  }
  return writeStatus(deployment, reread(deployment, context), context);
}

function writeStatus(deployment: Deployment, sets: ReplicaSets, context: ControllerContext): Requeue | undefined {
  const current = context.api.get(Deployment, keyOf(deployment));
  if (!current) return undefined;
  const status = desiredStatus(current, sets, context.now());
  if (!equalsAsJson(status, current.status)) {
    unlessGone(() => context.api.update(Deployment, { ...current, status }, { subresource: "status" }));
  }
  const afterMs = msUntilDeadline({ ...current, status }, context.now());
  return afterMs === undefined ? undefined : { afterMs: Math.max(afterMs, 0) + 1000 };
}

/** Deletes the oldest ReplicaSets beyond `revisionHistoryLimit` once a roll-out is complete. */
function cleanUpHistory(deployment: Deployment, { old, newSet }: ReplicaSets, { api, now }: ControllerContext): void {
  if (!isComplete(deployment, desiredStatus(deployment, { old, newSet }, now()))) return;
  const idle = old.filter(
    ({ metadata, spec, status }) =>
      spec.replicas === 0 && (status?.replicas ?? 0) === 0 && metadata.deletionTimestamp === undefined,
  );
  const excess = idle.length - (deployment.spec.revisionHistoryLimit ?? 10);
  if (excess <= 0) return;
  const oldest = idle.sort((a, b) => revisionOf(a) - revisionOf(b)).slice(0, excess);
  for (const replicaSet of oldest) unlessGone(() => api.delete(ReplicaSet, keyOf(replicaSet)));
}

function notePause(deployment: Deployment, { api, now }: ControllerContext): Deployment {
  const conditions = deployment.status?.conditions ?? [];
  const isNoted = conditions.find(({ type }) => type === "Progressing")?.reason === "DeploymentPaused";
  const paused = deployment.spec.paused ?? false;
  if (paused === isNoted) return deployment;
  const observed = paused
    ? progressingAs("Unknown", "DeploymentPaused", "Deployment is paused")
    : progressingAs("Unknown", "DeploymentResumed", "Deployment is resumed");
  const status = { ...deployment.status, conditions: withCondition(conditions, observed, { now: now() }) };
  return api.update(Deployment, { ...deployment, status }, { subresource: "status" });
}

function isScaling({ spec }: Deployment, replicaSets: readonly ReplicaSet[]): boolean {
  return replicaSets.some((replicaSet) => {
    const desired = replicaSet.metadata.annotations?.[desiredReplicasAnnotation];
    return (replicaSet.spec.replicas ?? 1) > 0 && desired !== undefined && Number(desired) !== (spec.replicas ?? 1);
  });
}

function isSaturated(newSet: ReplicaSet, replicas: number): boolean {
  return specReplicas([newSet]) === replicas && (newSet.status?.availableReplicas ?? 0) === replicas;
}

function split(deployment: Deployment, replicaSets: readonly ReplicaSet[]): ReplicaSets {
  const newSet = findNewReplicaSet(deployment, replicaSets);
  return { newSet, old: replicaSets.filter(({ metadata }) => metadata.uid !== newSet?.metadata.uid) };
}

function reread(deployment: Deployment, { api }: ControllerContext): ReplicaSets {
  const owned = api
    .list(ReplicaSet, inNamespaceOf(deployment))
    .filter((replicaSet) => findControllerOf(replicaSet)?.uid === deployment.metadata.uid);
  return split(deployment, owned);
}

function isEmptySelector({ spec: { selector } }: Deployment): boolean {
  return Object.keys(selector.matchLabels ?? {}).length === 0 && (selector.matchExpressions ?? []).length === 0;
}

/** Recreate waits for pods to be gone, so their changes concern the Deployment as well. */
function deploymentOfPod(pod: Pod, { api }: ControllerContext) {
  const owner = findControllerOf(pod);
  if (owner?.kind !== "ReplicaSet") return [];
  const replicaSet = api.get(ReplicaSet, keyIn(pod.metadata.namespace, owner.name));
  const keys = replicaSet ? controllerOfKind(Deployment)(replicaSet) : [];
  return keys.filter((key) => api.get(Deployment, key)?.spec.strategy?.type === "Recreate");
}
