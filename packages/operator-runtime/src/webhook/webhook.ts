import type { KubeObject, ResourceType } from "@moorage/kube-types";

export type AdmissionOperation = "CREATE" | "UPDATE" | "DELETE";

/** What the API server asks about. */
export interface AdmissionRequest<T extends KubeObject = KubeObject> {
  operation: AdmissionOperation;
  /** The object before an update or a deletion. */
  oldObject: T | undefined;
  namespace: string | undefined;
  /** Who asks. */
  username: string;
  dryRun: boolean;
}

/** What a validation found. No problems: allowed. */
export interface Verdict {
  /** Each names the field, the value and the fix: `spec.image: "nginx" has no tag; give one, such as "nginx:1.25"`. */
  problems?: readonly string[];
  /** Shown to the user of kubectl, who goes on. At most 120 characters each. */
  warnings?: readonly string[];
}

/**
 * Looks at objects of one kind before they are stored.
 *
 * *Assumptions*: the API server calls `mutate` before `validate`, may call both more than once, and calls neither
 * while the operator is away, if `failurePolicy` is `Ignore`: so both have no side effects, and nothing relies on them
 * that the schema and its CEL rules could say.
 */
export interface Webhook<T extends KubeObject = KubeObject> {
  /** Unique, a DNS name with at least three parts: `image.webapps.moorage.dev`. */
  name: string;
  for: ResourceType<T>;
  /** Default: `CREATE` and `UPDATE`. */
  operations?: readonly AdmissionOperation[];
  /** Returns the object as it should be stored, for example with defaults. `object` may be changed and returned. */
  mutate?(object: T, request: AdmissionRequest<T>): T | Promise<T>;
  validate?(object: T, request: AdmissionRequest<T>): Verdict | Promise<Verdict>;
  /** What happens while this server cannot be reached. Default `Fail`. */
  failurePolicy?: "Fail" | "Ignore";
}
