import { controllerReference } from "@moorage/kube-types";
import { ControllerRevision, type StatefulSet } from "@moorage/kube-types/apps-v1";
import type { PodTemplateSpec } from "@moorage/kube-types/core-v1";
import { unlessGone } from "../runtime/api-errors.ts";
import { type ControllerContext, keyOf } from "../runtime/controller.ts";
import { equalsAsJson } from "../runtime/deep-equal.ts";
import { claim, inNamespaceOf } from "../runtime/owned-pods.ts";
import { shortHash } from "../runtime/template-hash.ts";

/** The label of a pod that names the ControllerRevision it was made from. */
export const revisionLabel = "controller-revision-hash";

/** The two revisions that a StatefulSet's pods may be of. */
export interface Revisions {
  /** What pods were of before the roll-out. */
  current: ControllerRevision;
  /** What pods are to be of. */
  update: ControllerRevision;
}

/**
 * Records the StatefulSet's template as a ControllerRevision (its `data` is the patch that `kubectl rollout undo`
 * applies) and returns it with the revision that pods are currently of. Source: `getStatefulSetRevisions`.
 */
export function ensureRevisions(
  set: StatefulSet,
  context: ControllerContext,
): Revisions & { all: ControllerRevision[] } {
  const all = claim(ControllerRevision, set, set.spec.selector, context).sort((a, b) => a.revision - b.revision);
  const update = ensureUpdateRevision(set, all, context);
  const known = all.some(({ metadata }) => metadata.name === update.metadata.name);
  const current = all.find(({ metadata }) => metadata.name === set.status?.currentRevision) ?? update;
  return { current, update, all: known ? all : [...all, update] };
}

function ensureUpdateRevision(
  set: StatefulSet,
  all: readonly ControllerRevision[],
  { api }: ControllerContext,
): ControllerRevision {
  const data = templatePatch(set);
  const last = all.at(-1);
  const same = all.findLast((revision) => equalsAsJson(revision.data, data));
  const next = (last?.revision ?? 0) + 1;
  if (same && same === last) return same;
  // A roll-back: the old revision gets the highest number again.
  if (same) return api.update(ControllerRevision, { ...same, revision: next });
  const hash = shortHash(data, set.status?.collisionCount);
  return api.create(ControllerRevision, {
    apiVersion: "apps/v1",
    kind: "ControllerRevision",
    metadata: {
      name: `${set.metadata.name}-${hash}`,
      ...inNamespaceOf(set),
      labels: { ...set.spec.template.metadata?.labels, [revisionLabel]: hash },
      ...(set.metadata.annotations && { annotations: changeCause(set.metadata.annotations) }),
      ownerReferences: [controllerReference(set)],
    },
    data,
    revision: next,
  });
}

/** Deletes the oldest revisions that no pod is of, beyond `revisionHistoryLimit`. */
export function cleanUpRevisions(
  set: StatefulSet,
  all: readonly ControllerRevision[],
  { inUse, context }: { inUse: ReadonlySet<string | undefined>; context: ControllerContext },
): void {
  const unused = all.filter(({ metadata }) => !inUse.has(metadata.name));
  const excess = unused.length - (set.spec.revisionHistoryLimit ?? 10);
  for (const revision of unused.slice(0, Math.max(0, excess))) {
    unlessGone(() => context.api.delete(ControllerRevision, keyOf(revision)));
  }
}

/** The pod template that a revision holds. */
export function templateOf({ data }: ControllerRevision, set: StatefulSet): PodTemplateSpec {
  return isTemplatePatch(data) ? data.spec.template : set.spec.template;
}

interface TemplatePatch {
  spec: { template: PodTemplateSpec & { $patch: "replace" } };
}

function templatePatch(set: StatefulSet): TemplatePatch {
  return { spec: { template: { ...set.spec.template, $patch: "replace" } } };
}

function isTemplatePatch(data: unknown): data is TemplatePatch {
  if (typeof data !== "object" || data === null || !("spec" in data)) return false;
  const { spec } = data;
  return typeof spec === "object" && spec !== null && "template" in spec && typeof spec.template === "object";
}

function changeCause(annotations: Record<string, string>): Record<string, string> {
  const cause = annotations["kubernetes.io/change-cause"];
  return cause === undefined ? {} : { "kubernetes.io/change-cause": cause };
}
