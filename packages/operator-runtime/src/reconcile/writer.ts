import type { Client, ObjectKey } from "@moorage/kube-client";
import type { KubeObject, ResourceType } from "@moorage/kube-types";
import type { Cache } from "../cache/cache.ts";
import { ownableFields } from "./field-coverage.ts";
import { lostLists, takeOver } from "./list-ownership.ts";

/**
 * The writes of one controller, each visible in the cache as soon as the server has answered.
 */
export class Writer {
  readonly #client: Client;
  readonly #cache: Cache;
  /** The field manager of everything that the controller writes. */
  readonly manager: string;

  constructor(options: { client: Client; cache: Cache; manager: string }) {
    this.#client = options.client;
    this.#cache = options.cache;
    this.manager = options.manager;
  }

  /** The object as the cache knows it; asks the server where the cache holds only a part of the kind. */
  async live(type: ResourceType, key: ObjectKey, signal: AbortSignal): Promise<KubeObject | undefined> {
    const cached = this.#cache.find(type, key);
    if (cached || !this.#cache.isPartial(type)) return cached;
    return this.#client.find(type, key, { signal });
  }

  /** Whether the server has this kind, as far as is known. */
  serves(type: ResourceType): boolean {
    return this.#cache.serves(type);
  }

  controlledBy(type: ResourceType, owner: KubeObject): readonly KubeObject[] {
    return this.#cache.list(type, { ownedBy: owner });
  }

  /** Creates an object. Should there be one after all, which the cache does not know yet, none of its fields is taken. */
  async create(type: ResourceType, object: KubeObject, signal: AbortSignal): Promise<KubeObject> {
    return this.#apply(type, object, { force: false, signal });
  }

  /** Makes the fields of what exists as given, whoever has them. */
  async apply(type: ResourceType, object: KubeObject, signal: AbortSignal): Promise<KubeObject> {
    return this.#apply(type, object, { force: true, signal });
  }

  /** Whether somebody put list items in the place of ours, as far as `live` tells. */
  hasLostLists(live: KubeObject, desired: KubeObject): boolean {
    return this.#lostLists(live, desired).length > 0;
  }

  /**
   * Takes list items back that somebody put in the place of ours, so that the next apply removes them.
   * @returns whether there were any.
   */
  async reclaimLists(type: ResourceType, desired: KubeObject, signal: AbortSignal): Promise<boolean> {
    const stored = await this.#client.find(type, desired.metadata, { signal });
    const entries = stored?.metadata.managedFields ?? [];
    const lost = this.#lostLists(stored, desired);
    const managedFields = lost.length > 0 ? takeOver(entries, this.manager, lost) : undefined;
    if (!stored || !managedFields) return false;
    const patch = [
      // Of the version that was read: else another's new fields would be lost from the record.
      { op: "replace", path: "/metadata/resourceVersion", value: stored.metadata.resourceVersion },
      { op: "replace", path: "/metadata/managedFields", value: managedFields },
    ];
    await this.#client.patch(type, desired.metadata, patch, { patchType: "json", fieldManager: this.manager, signal });
    return true;
  }

  /** Writes the whole status that this manager owns. */
  async applyStatus(type: ResourceType, object: KubeObject, status: Record<string, unknown>): Promise<KubeObject> {
    const { name, namespace, uid } = object.metadata;
    const metadata = { name, ...(namespace && { namespace }), ...(uid && { uid }) };
    const body = { apiVersion: object.apiVersion, kind: object.kind, metadata, status };
    const options = { fieldManager: this.manager, subresource: "status" };
    return this.#recorded(type, body, () => this.#client.apply(type, body, options));
  }

  /** Replaces the finalizers, unless the object has changed since it was read. */
  async setFinalizers(type: ResourceType, object: KubeObject, finalizers: readonly string[]): Promise<KubeObject> {
    const { uid, resourceVersion } = object.metadata;
    const patch = { metadata: { uid, resourceVersion, finalizers } };
    const options = { patchType: "merge", fieldManager: this.manager } as const;
    return this.#recorded(type, object, () => this.#client.patch(type, object.metadata, patch, options));
  }

  /** With `Foreground` the object stays until everything that it owns is gone. */
  async delete(
    type: ResourceType,
    object: KubeObject,
    propagationPolicy: "Background" | "Foreground" = "Background",
  ): Promise<void> {
    const { uid } = object.metadata;
    await this.#client.delete(type, object.metadata, {
      propagationPolicy,
      ...(uid && { preconditions: { uid } }),
    });
  }

  #apply(type: ResourceType, object: KubeObject, options: { force: boolean; signal: AbortSignal }) {
    const fieldManager = this.manager;
    return this.#recorded(type, object, () => this.#client.apply(type, object, { ...options, fieldManager }));
  }

  #lostLists(live: KubeObject | undefined, desired: KubeObject) {
    const ours = live?.metadata.managedFields?.find(({ manager, operation, subresource }) => {
      return manager === this.manager && operation === "Apply" && !subresource;
    });
    return lostLists(ours?.fieldsV1, ownableFields(desired));
  }

  async #recorded(type: ResourceType, object: KubeObject, write: () => Promise<KubeObject>): Promise<KubeObject> {
    const ended = this.#cache.writing(type, object);
    try {
      const answer = await write();
      // The last finalizer's removal answers with an object that is gone already.
      const gone = answer.metadata.deletionTimestamp && !answer.metadata.finalizers?.length;
      if (!gone) this.#cache.recordWrite(type, answer, this.manager);
      return answer;
    } finally {
      ended();
    }
  }
}
