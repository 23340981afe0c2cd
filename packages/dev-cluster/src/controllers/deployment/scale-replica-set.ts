import { type Deployment, ReplicaSet } from "@moorage/kube-types/apps-v1";
import { type ControllerContext, keyOf } from "../runtime/controller.ts";
import { limitsOf } from "./limits.ts";
import { desiredReplicasAnnotation, maxReplicasAnnotation } from "./revisions.ts";

/**
 * Sets the size of a ReplicaSet and the annotations that remember what the Deployment wanted then, by which a
 * later change of its `replicas` is told from a roll-out. Records ScalingReplicaSet when the size changes.
 */
export function scaleReplicaSet(
  deployment: Deployment,
  replicaSet: ReplicaSet,
  size: number,
  { api, events }: ControllerContext,
): ReplicaSet {
  const { replicas, maxSurge } = limitsOf(deployment);
  const annotations = {
    ...replicaSet.metadata.annotations,
    [desiredReplicasAnnotation]: String(replicas),
    [maxReplicasAnnotation]: String(replicas + maxSurge),
  };
  const before = replicaSet.spec.replicas ?? 1;
  const isNoted = Object.entries(annotations).every(
    ([name, value]) => replicaSet.metadata.annotations?.[name] === value,
  );
  if (before === size && isNoted) return replicaSet;
  const current = api.get(ReplicaSet, keyOf(replicaSet)) ?? replicaSet;
  const updated = api.update(ReplicaSet, {
    ...current,
    metadata: { ...current.metadata, annotations },
    spec: { ...current.spec, replicas: size },
  });
  if (before !== size) {
    const direction = size > before ? "up" : "down";
    const message = `Scaled ${direction} replica set ${replicaSet.metadata.name} from ${before} to ${size}`;
    events.record(deployment, { reason: "ScalingReplicaSet", message });
  }
  return updated;
}
