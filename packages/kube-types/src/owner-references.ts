import type { OwnerReference } from "./meta.ts";
import type { KubeObject } from "./resource-type.ts";

/** The owner reference that makes `owner` the controller of another object in its namespace. */
export function controllerReference(owner: KubeObject): OwnerReference {
  const { name, uid } = owner.metadata;
  if (!uid) throw new Error(`Cannot own objects by ${owner.kind} "${name}": it has no uid, so it is not stored yet`);
  return { apiVersion: owner.apiVersion, kind: owner.kind, name, uid, controller: true, blockOwnerDeletion: true };
}

/** The owner that controls `object`: at most one of its owners says so. */
export function findControllerOf(object: KubeObject): OwnerReference | undefined {
  return object.metadata.ownerReferences?.find((owner) => owner.controller === true);
}

export function isControlledBy(object: KubeObject, owner: KubeObject): boolean {
  return findControllerOf(object)?.uid === owner.metadata.uid && owner.metadata.uid !== undefined;
}
