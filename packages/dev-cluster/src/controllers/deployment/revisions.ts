import type { Deployment, ReplicaSet } from "@moorage/kube-types/apps-v1";
import type { PodTemplateSpec } from "@moorage/kube-types/core-v1";
import { equalsAsJson } from "../runtime/deep-equal.ts";

/** Annotations and labels that tie ReplicaSets to their Deployment. Source: `deploymentutil` of kube-controller-manager. */
export const revisionAnnotation = "deployment.kubernetes.io/revision";
const revisionHistoryAnnotation = "deployment.kubernetes.io/revision-history";
export const desiredReplicasAnnotation = "deployment.kubernetes.io/desired-replicas";
export const maxReplicasAnnotation = "deployment.kubernetes.io/max-replicas";
export const templateHashLabel = "pod-template-hash";

/** The ReplicaSet whose template is the Deployment's; the oldest when several are. */
export function findNewReplicaSet({ spec }: Deployment, replicaSets: readonly ReplicaSet[]): ReplicaSet | undefined {
  return byAge(replicaSets).find((replicaSet) =>
    equalsAsJson(withoutHash(replicaSet.spec.template), withoutHash(spec.template)),
  );
}

/** The number in the revision annotation, 0 without one. */
export function revisionOf({ metadata }: ReplicaSet | Deployment): number {
  return Number.parseInt(metadata.annotations?.[revisionAnnotation] ?? "0", 10) || 0;
}

/** Oldest first. */
export function byAge(replicaSets: readonly ReplicaSet[]): ReplicaSet[] {
  return [...replicaSets].sort(
    (a, b) =>
      Date.parse(a.metadata.creationTimestamp ?? "") - Date.parse(b.metadata.creationTimestamp ?? "") ||
      (a.metadata.name < b.metadata.name ? -1 : 1),
  );
}

/** Annotations that describe a ReplicaSet or a client's last apply, and are not taken over from the Deployment. */
const notCopied = new Set([
  "kubectl.kubernetes.io/last-applied-configuration",
  revisionAnnotation,
  revisionHistoryAnnotation,
  desiredReplicasAnnotation,
  maxReplicasAnnotation,
  "deprecated.deployment.rollback.to",
]);

/** The annotations a ReplicaSet takes over from its Deployment (`kubernetes.io/change-cause` is the one that people read). */
export function copiedAnnotations(deployment: Deployment): Record<string, string> {
  return Object.fromEntries(
    Object.entries(deployment.metadata.annotations ?? {}).filter(([name]) => !notCopied.has(name)),
  );
}

/** The annotations of `replicaSet` once it carries `revision`; an earlier revision is kept in the history. */
export function revisionAnnotations(replicaSet: ReplicaSet, revision: number): Record<string, string> {
  const previous = replicaSet.metadata.annotations?.[revisionAnnotation];
  if (previous === undefined || Number(previous) >= revision) {
    return { [revisionAnnotation]: previous ?? String(revision) };
  }
  const history = replicaSet.metadata.annotations?.[revisionHistoryAnnotation];
  return {
    [revisionAnnotation]: String(revision),
    [revisionHistoryAnnotation]: history ? `${history},${previous}` : previous,
  };
}

function withoutHash(template: PodTemplateSpec | undefined): PodTemplateSpec {
  const { [templateHashLabel]: _hash, ...labels } = template?.metadata?.labels ?? {};
  return { ...template, metadata: { ...template?.metadata, labels } };
}
