/** Object metadata as the API server returns it. `name` is always set on a stored object. */
export interface ObjectMeta {
  name: string;
  /** A prefix for the server to complete; `name` is then sent as an empty string or left to the server. */
  generateName?: string;
  /** Absent on cluster-scoped objects. */
  namespace?: string;
  uid?: string;
  resourceVersion?: string;
  generation?: number;
  /** RFC 3339, seconds. */
  creationTimestamp?: string;
  /** RFC 3339, seconds. Set once deletion has been asked for; the object goes when `finalizers` is empty. */
  deletionTimestamp?: string;
  deletionGracePeriodSeconds?: number;
  labels?: Record<string, string>;
  annotations?: Record<string, string>;
  finalizers?: string[];
  ownerReferences?: OwnerReference[];
  managedFields?: ManagedFieldsEntry[];
  selfLink?: string;
}

export interface OwnerReference {
  apiVersion: string;
  kind: string;
  name: string;
  uid: string;
  /** At most one owner of an object is its controller. */
  controller?: boolean;
  blockOwnerDeletion?: boolean;
}

export interface ManagedFieldsEntry {
  manager?: string;
  operation?: string;
  apiVersion?: string;
  time?: string;
  fieldsType?: string;
  fieldsV1?: unknown;
  subresource?: string;
}

/** A label query: all of `matchLabels` and `matchExpressions` must hold. An empty selector matches everything. */
export interface LabelSelector {
  matchLabels?: Record<string, string>;
  matchExpressions?: LabelSelectorRequirement[];
}

export interface LabelSelectorRequirement {
  key: string;
  /** `In`, `NotIn`, `Exists` or `DoesNotExist`. */
  operator: string;
  values?: string[];
}

/** `metav1.Condition`: one aspect of an object's current state. */
export interface Condition {
  type: string;
  status: "True" | "False" | "Unknown";
  observedGeneration?: number;
  /** RFC 3339: when `status` last changed, not when it was last looked at. */
  lastTransitionTime: string;
  /** A stable CamelCase word that programs can act on. */
  reason: string;
  message: string;
}

export interface ListMeta {
  resourceVersion?: string;
  /** Opaque; pass it back to get the next page. */
  continue?: string;
  remainingItemCount?: number;
}

/** `metav1.Status`: how the API server reports a failure (and some successes). */
export interface Status {
  kind: "Status";
  apiVersion: "v1";
  metadata: ListMeta;
  status: "Success" | "Failure";
  message?: string;
  /** Machine-readable CamelCase word: `NotFound`, `Conflict`, `Invalid` … */
  reason?: string;
  details?: StatusDetails;
  /** The HTTP status code. */
  code: number;
}

export interface StatusDetails {
  name?: string;
  group?: string;
  kind?: string;
  uid?: string;
  causes?: StatusCause[];
  retryAfterSeconds?: number;
}

export interface StatusCause {
  reason?: string;
  message?: string;
  /** Path of the field, for example `spec.ports[0].port`. */
  field?: string;
}
