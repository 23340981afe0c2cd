export { findCondition, isConditionTrue, type ObservedCondition, rfc3339Seconds, setCondition } from "./conditions.ts";
export { equalJson } from "./equal-json.ts";
export { type MergeField, mergeSchemaOf } from "./merge-schema.ts";
export type {
  Condition,
  LabelSelector,
  LabelSelectorRequirement,
  ListMeta,
  ManagedFieldsEntry,
  ObjectMeta,
  OwnerReference,
  Status,
  StatusCause,
  StatusDetails,
} from "./meta.ts";
export { controllerReference, findControllerOf, isControlledBy } from "./owner-references.ts";
export { parseQuantity } from "./quantities.ts";
export { apiVersionOf, groupResourceOf, type KubeList, type KubeObject, type ResourceType } from "./resource-type.ts";
export { formatLabels, matchesLabels, matchesSelector, parseSelector } from "./selectors.ts";
export { applyStrategicMerge, type MergeSchema, StrategicMergeError } from "./strategic-merge.ts";
