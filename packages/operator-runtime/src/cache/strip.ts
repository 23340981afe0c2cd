import type { KubeObject } from "@moorage/kube-types";

/**
 * Drops the `managedFields` entries of other managers, which are about a third of a Pod's bytes, and keeps those of
 * managers whose names begin with `prefix`: they tell whether somebody took a field from us.
 * Changes `object`, which nobody has seen yet.
 */
export function keepOwnFields({ metadata }: KubeObject, prefix: string): void {
  if (!metadata.managedFields) return;
  const ours = metadata.managedFields.filter(({ manager }) => manager?.startsWith(prefix));
  if (ours.length > 0) metadata.managedFields = ours;
  else delete metadata.managedFields;
}

/** Drops everything but what every object has. Changes `object`: the answer to a write holds the whole. */
export function keepMetadata(object: KubeObject): void {
  for (const field of Object.keys(object)) {
    if (field !== "apiVersion" && field !== "kind" && field !== "metadata") Reflect.deleteProperty(object, field);
  }
}
