import type { KubeObject } from "@moorage/kube-types";

/**
 * Drops the `managedFields` entries of other managers, which are about a third of a Pod's bytes, and keeps ours:
 * they tell whether somebody took a field from us. Changes `object`, which nobody has seen yet.
 */
export function stripManagedFields(object: KubeObject, managerPrefix: string): void {
  const { metadata } = object;
  if (!metadata.managedFields) return;
  const ours = metadata.managedFields.filter((entry) => entry.manager?.startsWith(managerPrefix));
  if (ours.length > 0) metadata.managedFields = ours;
  else delete metadata.managedFields;
}
