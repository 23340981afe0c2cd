import { controllerReference } from "@moorage/kube-types";
import { Deployment, ReplicaSet } from "@moorage/kube-types/apps-v1";
import { attempt, isAlreadyExists } from "../runtime/api-errors.ts";
import { type ControllerContext, keyOf } from "../runtime/controller.ts";
import { equalsAsJson } from "../runtime/deep-equal.ts";
import { inNamespaceOf } from "../runtime/owned-pods.ts";
import { shortHash } from "../runtime/template-hash.ts";
import { withCondition } from "./deployment-status.ts";
import { limitsOf, specReplicas } from "./limits.ts";
import { progressingAs } from "./progress.ts";
import {
  copiedAnnotations,
  desiredReplicasAnnotation,
  findNewReplicaSet,
  maxReplicasAnnotation,
  revisionAnnotation,
  revisionAnnotations,
  revisionOf,
  templateHashLabel,
} from "./revisions.ts";

/**
 * Finds or creates the ReplicaSet of the Deployment's template, gives it the highest revision, and writes that
 * revision on the Deployment. Source: `getNewReplicaSet` of kube-controller-manager.
 */
export function ensureNewReplicaSet(
  deployment: Deployment,
  replicaSets: readonly ReplicaSet[],
  context: ControllerContext,
): { deployment: Deployment; newSet: ReplicaSet } {
  const existing = findNewReplicaSet(deployment, replicaSets);
  const others = replicaSets.filter(({ metadata }) => metadata.uid !== existing?.metadata.uid);
  const revision = Math.max(0, ...others.map(revisionOf)) + 1;
  const newSet = existing
    ? withRevision(deployment, existing, { revision, context })
    : create(deployment, others, { revision, context });
  const kept = newSet.metadata.annotations?.[revisionAnnotation] ?? String(revision);
  const annotated = annotate(deployment, kept, context);
  return { newSet, deployment: noteNewReplicaSet(annotated, newSet, { found: existing !== undefined, context }) };
}

function withRevision(
  deployment: Deployment,
  replicaSet: ReplicaSet,
  { revision, context }: { revision: number; context: ControllerContext },
): ReplicaSet {
  const annotations = {
    ...replicaSet.metadata.annotations,
    ...copiedAnnotations(deployment),
    ...revisionAnnotations(replicaSet, revision),
  };
  const minReadySeconds = deployment.spec.minReadySeconds ?? 0;
  const isCurrent =
    equalsAsJson(annotations, replicaSet.metadata.annotations) &&
    minReadySeconds === (replicaSet.spec.minReadySeconds ?? 0);
  if (isCurrent) return replicaSet;
  return context.api.update(ReplicaSet, {
    ...replicaSet,
    metadata: { ...replicaSet.metadata, annotations },
    spec: { ...replicaSet.spec, minReadySeconds },
  });
}

function create(
  deployment: Deployment,
  others: readonly ReplicaSet[],
  { revision, context }: { revision: number; context: ControllerContext },
): ReplicaSet {
  const replicaSet = newReplicaSet(deployment, others, revision);
  const result = attempt(() => context.api.create(ReplicaSet, replicaSet));
  if (!result.ok) {
    // Another template has the same hash: count it, so that the next attempt mixes the count in.
    if (isAlreadyExists(result.error)) countCollision(deployment, context);
    throw result.error;
  }
  const created = result.value;
  const replicas = created.spec.replicas ?? 0;
  if (replicas > 0) {
    const message = `Scaled up replica set ${created.metadata.name} from 0 to ${replicas}`;
    context.events.record(deployment, { reason: "ScalingReplicaSet", message });
  }
  return created;
}

function newReplicaSet(deployment: Deployment, others: readonly ReplicaSet[], revision: number): ReplicaSet {
  const { metadata, spec } = deployment;
  const hash = shortHash(spec.template, deployment.status?.collisionCount);
  const labels = { ...spec.template.metadata?.labels, [templateHashLabel]: hash };
  const { replicas, maxSurge } = limitsOf(deployment);
  const room = replicas + maxSurge - specReplicas(others);
  const isRecreate = spec.strategy?.type === "Recreate";
  return {
    apiVersion: "apps/v1",
    kind: "ReplicaSet",
    metadata: {
      name: `${metadata.name}-${hash}`,
      ...inNamespaceOf(deployment),
      labels,
      annotations: {
        ...copiedAnnotations(deployment),
        [revisionAnnotation]: String(revision),
        [desiredReplicasAnnotation]: String(replicas),
        [maxReplicasAnnotation]: String(replicas + maxSurge),
      },
      ownerReferences: [controllerReference(deployment)],
    },
    spec: {
      replicas: isRecreate ? replicas : Math.max(0, Math.min(room, replicas)),
      ...(spec.minReadySeconds && { minReadySeconds: spec.minReadySeconds }),
      selector: {
        ...spec.selector,
        matchLabels: { ...spec.selector.matchLabels, [templateHashLabel]: hash },
      },
      template: { ...spec.template, metadata: { ...spec.template.metadata, labels } },
    },
  };
}

function countCollision(deployment: Deployment, { api }: ControllerContext): void {
  const collisionCount = (deployment.status?.collisionCount ?? 0) + 1;
  const status = { ...deployment.status, collisionCount };
  api.update(Deployment, { ...deployment, status }, { subresource: "status" });
}

function annotate(deployment: Deployment, revision: string, { api }: ControllerContext): Deployment {
  const { annotations } = deployment.metadata;
  if (annotations?.[revisionAnnotation] === revision) return deployment;
  return api.update(Deployment, {
    ...deployment,
    metadata: { ...deployment.metadata, annotations: { ...annotations, [revisionAnnotation]: revision } },
  });
}

/** The roll-out begins: Progressing says so, and its time starts the deadline. */
function noteNewReplicaSet(
  deployment: Deployment,
  newSet: ReplicaSet,
  { found, context }: { found: boolean; context: ControllerContext },
): Deployment {
  const conditions = deployment.status?.conditions ?? [];
  if (found && conditions.some(({ type }) => type === "Progressing")) return deployment;
  const { name } = newSet.metadata;
  const observed = found
    ? progressingAs("True", "FoundNewReplicaSet", `Found new replica set "${name}"`)
    : progressingAs("True", "NewReplicaSetCreated", `Created new replica set "${name}"`);
  const current = context.api.get(Deployment, keyOf(deployment)) ?? deployment;
  const status = { ...current.status, conditions: withCondition(conditions, observed, { now: context.now() }) };
  return context.api.update(Deployment, { ...current, status }, { subresource: "status" });
}
