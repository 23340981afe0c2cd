import type { KubeObject, ResourceType } from "@moorage/kube-types";
import type { ObjectChange, ObjectKey } from "../../cluster-api.ts";
import { keyOf } from "../runtime/controller.ts";

/** An object as the garbage collector knows it. */
export interface GraphNode {
  type: ResourceType;
  key: ObjectKey;
  uid: string;
  owners: ReadonlySet<string>;
}

/** Which objects there are and who owns whom, by uid. */
export class OwnershipGraph {
  readonly #nodes = new Map<string, GraphNode>();
  readonly #dependents = new Map<string, Set<string>>();

  /** Takes a change in, and returns the uids that have to be looked at because of it. */
  apply(type: ResourceType, { type: change, object }: ObjectChange<KubeObject>): string[] {
    const { uid } = object.metadata;
    if (uid === undefined) return [];
    return change === "DELETED" ? this.#remove(uid) : this.#put(type, object, uid);
  }

  find(uid: string): GraphNode | undefined {
    return this.#nodes.get(uid);
  }

  dependentsOf(uid: string): GraphNode[] {
    return [...(this.#dependents.get(uid) ?? [])].flatMap((dependent) => this.#nodes.get(dependent) ?? []);
  }

  #put(type: ResourceType, object: KubeObject, uid: string): string[] {
    const before = this.#nodes.get(uid)?.owners ?? new Set<string>();
    const owners = new Set(object.metadata.ownerReferences?.map((owner) => owner.uid));
    this.#nodes.set(uid, { type, key: keyOf(object), uid, owners });
    for (const owner of before) if (!owners.has(owner)) this.#unlink(owner, uid);
    for (const owner of owners) this.#link(owner, uid);
    const deleting = object.metadata.deletionTimestamp !== undefined;
    const released = [...before].filter((owner) => !owners.has(owner));
    // An owner that waits for its dependents looks again when one stops blocking it.
    return owners.size > 0 || deleting ? [uid, ...released, ...(deleting ? owners : [])] : released;
  }

  #remove(uid: string): string[] {
    const owners = this.#nodes.get(uid)?.owners ?? new Set<string>();
    this.#nodes.delete(uid);
    for (const owner of owners) this.#unlink(owner, uid);
    return [...owners, ...(this.#dependents.get(uid) ?? [])];
  }

  #link(owner: string, dependent: string): void {
    const dependents = this.#dependents.get(owner);
    if (dependents) dependents.add(dependent);
    else this.#dependents.set(owner, new Set([dependent]));
  }

  #unlink(owner: string, dependent: string): void {
    const dependents = this.#dependents.get(owner);
    dependents?.delete(dependent);
    if (dependents?.size === 0) this.#dependents.delete(owner);
  }
}
