import { equalJson, matchesSelector } from "@moorage/kube-types";
import type { FieldError } from "../../status/api-error.ts";
import { forbiddenField, invalidValue, required } from "../../status/field-errors.ts";
import { type ApiObject, ensureFields, type Fields, fieldsAt, valueAt } from "../../store/api-object.ts";
import { labelErrors } from "../metadata.ts";
import { labelSelectorOf, stringMap } from "./typed-parts.ts";
import { validatePodSpec } from "./validate-pod-spec.ts";

/** What Deployments, ReplicaSets, StatefulSets, DaemonSets and Jobs have in common. */
export function validateWorkload(object: ApiObject): FieldError[] {
  const spec = fieldsAt(object, "spec") ?? {};
  const labels = stringMap(valueAt(spec, "template", "metadata", "labels"));
  return [
    ...["replicas", "completions", "parallelism", "backoffLimit"].flatMap((field) => negative(spec, field)),
    ...selectorErrors(spec, labels),
    ...labelErrors(labels ?? {}, "spec.template.labels"),
    ...validatePodSpec(fieldsAt(spec, "template", "spec") ?? {}, "spec.template.spec", allowedRestartPolicies(object)),
  ];
}

/** A Deployment that may neither have a pod too few nor one too many could never change. Source: `ValidateRollingUpdateDeployment`. */
export function validateDeployment(object: ApiObject): FieldError[] {
  const path = ["spec", "strategy", "rollingUpdate"];
  const { maxUnavailable, maxSurge } = fieldsAt(object, ...path) ?? {};
  const isNothing = (value: unknown) => value === 0 || value === "0%";
  const errors = validateWorkload(object);
  if (!isNothing(maxUnavailable) || !isNothing(maxSurge)) return errors;
  const field = [...path, "maxUnavailable"].join(".");
  return [...errors, invalidValue(field, maxUnavailable, "may not be 0 when `maxSurge` is 0")];
}

function negative(spec: Fields, field: string): FieldError[] {
  const value = spec[field];
  return typeof value === "number" && value < 0
    ? [invalidValue(`spec.${field}`, value, "must be greater than or equal to 0")]
    : [];
}

function selectorErrors(spec: Fields, labels: Record<string, string> | undefined): FieldError[] {
  const selector = labelSelectorOf(spec["selector"]);
  const matches = selector !== undefined && matchesSelector(selector, labels);
  return [
    ...(selector === undefined ? [required("spec.selector")] : emptySelector(selector, spec)),
    ...(matches
      ? []
      : [invalidValue("spec.template.metadata.labels", labels, "`selector` does not match template `labels`")]),
  ];
}

function emptySelector(selector: object, spec: Fields): FieldError[] {
  if (Object.keys(selector).length > 0) return [];
  return [invalidValue("spec.selector", spec["selector"], "empty selector is invalid for deployment")];
}

function allowedRestartPolicies(object: ApiObject): string[] {
  return object.kind === "Job" ? ["OnFailure", "Never"] : ["Always"];
}

/** Refuses any change at the given path. */
export function validateImmutable(...path: [string, ...string[]]): (next: ApiObject, old: ApiObject) => FieldError[] {
  return (next, old) => {
    const value = valueAt(next, ...path);
    return equalJson(value, valueAt(old, ...path)) ? [] : [invalidValue(path.join("."), value, "field is immutable")];
  };
}

const openStatefulSetFields = [
  "replicas",
  "ordinals",
  "template",
  "updateStrategy",
  "revisionHistoryLimit",
  "persistentVolumeClaimRetentionPolicy",
  "minReadySeconds",
];

export function validateStatefulSetUpdate(next: ApiObject, old: ApiObject): FieldError[] {
  const fixed = (object: ApiObject) => {
    const spec = { ...fieldsAt(object, "spec") };
    for (const field of openStatefulSetFields) delete spec[field];
    return spec;
  };
  if (equalJson(fixed(next), fixed(old))) return [];
  const why =
    "updates to statefulset spec for fields other than 'replicas', 'ordinals', 'template', 'updateStrategy', 'revisionHistoryLimit', 'persistentVolumeClaimRetentionPolicy' and 'minReadySeconds' are forbidden";
  return [forbiddenField("spec", why)];
}

/** Source: `generateSelector` of the Job strategy: a Job selects its pods by its own uid. */
export function prepareJob(object: ApiObject): void {
  const spec = ensureFields(object, "spec");
  const template = ensureFields(spec, "template");
  const metadata = ensureFields(template, "metadata");
  const labels = ensureFields(metadata, "labels");
  if (spec["manualSelector"] === true) return;
  const uid = object.metadata.uid ?? "";
  const own = {
    "batch.kubernetes.io/controller-uid": uid,
    "batch.kubernetes.io/job-name": object.metadata.name,
    "controller-uid": uid,
    "job-name": object.metadata.name,
  };
  Object.assign(labels, own);
  object.metadata.labels ??= own;
  spec["selector"] ??= { matchLabels: { "batch.kubernetes.io/controller-uid": uid } };
}
