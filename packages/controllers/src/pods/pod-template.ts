import { applyStrategicMerge, mergeSchemaOf, type ObservedCondition, StrategicMergeError } from "@moorage/kube-types";
import type { PodTemplateSpec } from "@moorage/kube-types/core-v1";
import { podTemplateMergeTypes } from "@moorage/kube-types/pod-template-merge";

const schema = mergeSchemaOf(podTemplateMergeTypes, "PodTemplateSpec");

/**
 * `template` with `patch` merged in, as `kubectl patch --type strategic` would: containers, volumes and ports merge by
 * their names, so that a patch can add to the server's container as well as put another beside it.
 *
 * @throws StrategicMergeError when an item of such a list has no name.
 */
export function withPodTemplatePatch(
  template: PodTemplateSpec,
  patch: Partial<PodTemplateSpec> | undefined,
): PodTemplateSpec {
  if (!patch) return template;
  const merged: PodTemplateSpec = structuredClone(template);
  applyStrategicMerge(merged, patch, schema);
  return merged;
}

/** Whether the pod template patch in `field` can be merged at all; nothing to say without one. */
export function podTemplateCondition(
  field: string,
  patch: Partial<PodTemplateSpec> | undefined,
): ObservedCondition | undefined {
  if (!patch) return undefined;
  try {
    withPodTemplatePatch({}, patch);
    return { type: "PodTemplateValid", status: "True", reason: "Valid", message: `${field} can be merged` };
  } catch (error) {
    if (!(error instanceof StrategicMergeError)) throw error;
    const message = `${field} cannot be merged into the pod template: ${error.message}`;
    return { type: "PodTemplateValid", status: "False", reason: "PodTemplateInvalid", message };
  }
}
