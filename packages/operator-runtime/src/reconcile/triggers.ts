import type { ObjectKey } from "@moorage/kube-client";
import { apiVersionOf, equalJson, findControllerOf, type KubeObject, type ResourceType } from "@moorage/kube-types";
import type { Cache } from "../cache/cache.ts";
import type { Change } from "../cache/informer.ts";
import { keyText, typeText } from "../cache/object-key.ts";
import type { ClusterView } from "../cluster-view.ts";
import type { Controller, Reads, Watch } from "../controller.ts";
import { priorities } from "../queue/work-queue.ts";
import { childId } from "./child.ts";
import { kindsOf } from "./controller-kinds.ts";
import { changesReads, mayBeDrift } from "./news.ts";

export interface TriggerOptions {
  controller: Controller;
  cache: Cache;
  /** The field manager of the controller: the echo of its own writes to its own objects is no news. */
  writer: string;
  view: ClusterView;
  add(key: string, priority: number): void;
  /** A child is gone: nothing about it need be remembered. */
  gone(childId: string): void;
}

/** Turns changes in the cache into keys of one controller's queue. */
export class Triggers {
  readonly #options: TriggerOptions;
  /** Who waits for a name to become free. */
  readonly #blockedBy = new Map<string, Set<string>>();

  constructor(options: TriggerOptions) {
    this.#options = options;
  }

  /** Subscribes to the object's own kind, its children's and the watched ones. */
  connect(): void {
    const { controller, cache } = this.#options;
    cache.subscribe(controller.for, (change) => this.#own(change));
    for (const type of controller.owns) {
      const reads = controller.childReads?.find((one) => typeText(one.type) === typeText(type));
      cache.subscribe(type, (change) => this.#child(type, reads, change));
    }
    for (const watch of controller.watches ?? []) {
      const onChange = (change: Change) => this.#watched(watch, change);
      if (watch.cluster) watch.cluster.cache.subscribe(watch.type, onChange);
      else cache.subscribe(watch.type, onChange, watch.filter);
    }
    for (const { type, filter, optional } of kindsOf(controller)) {
      if (optional) cache.onServed(type, () => this.#everything(), filter);
    }
  }

  /** A kind has come or gone: what that means for an object, only its reconcile knows. */
  #everything(): void {
    const { cache, controller, add } = this.#options;
    for (const { metadata } of cache.list(controller.for)) add(keyText(metadata), priorities.news);
  }

  /** Makes any change of the named children worth a reconcile of `key`, until the next call for it. */
  block(key: string, children: readonly string[]): void {
    for (const waiting of this.#blockedBy.values()) waiting.delete(key);
    for (const id of children) this.#blockedBy.set(id, (this.#blockedBy.get(id) ?? new Set()).add(key));
    for (const [id, waiting] of this.#blockedBy) if (waiting.size === 0) this.#blockedBy.delete(id);
  }

  #own(change: Change): void {
    const { controller, writer } = this.#options;
    if (change.writer === writer) return;
    if (controller.filter?.(change.before, change.after) === false) return;
    this.#addAll(
      versionsOf(change).map(({ metadata }) => metadata),
      change,
    );
  }

  #watched({ keysOf, reads }: Watch, change: Change): void {
    const { controller, cache, view } = this.#options;
    const [first = [], ...others] = versionsOf(change).map((object) => [...keysOf(object, view)]);
    const stays = others.every((keys) => equalJson(keys.map(keyText), first.map(keyText)));
    if (reads && stays && !changesReads(change, reads)) return;
    // What a label names need not be of this controller's kind. An object that is not seen yet brings its own news.
    this.#addAll(
      [first, ...others].flat().filter((key) => cache.find(controller.for, key)),
      change,
    );
  }

  #child(type: ResourceType, reads: Reads | undefined, change: Change): void {
    const versions = versionsOf(change);
    if (!reads || mayBeDrift(change, this.#options.writer) || changesReads(change, reads.of)) {
      this.#addAll(
        versions.map((object) => this.#ownerKey(object)).filter((owner) => owner !== undefined),
        change,
      );
    }
    const waiting = new Set(versions.flatMap((object) => [...(this.#blockedBy.get(childId(type, object)) ?? [])]));
    for (const key of waiting) this.#options.add(key, priorities.news);
  }

  /** By name, not by uid: an owner that was created again must learn that its predecessor's child is gone. */
  #ownerKey(child: KubeObject): ObjectKey | undefined {
    const type = this.#options.controller.for;
    const owner = findControllerOf(child);
    if (owner?.kind !== type.kind || owner.apiVersion !== apiVersionOf(type)) return undefined;
    return type.namespaced ? { namespace: child.metadata.namespace, name: owner.name } : { name: owner.name };
  }

  #addAll(keys: readonly ObjectKey[], change: Change): void {
    const priority = change.initial ? priorities.initial : priorities.news;
    // Both versions mostly name the same key; a worker may take it between two adds and work twice.
    for (const key of new Set(keys.map(keyText))) this.#options.add(key, priority);
  }
}

function versionsOf(change: Change): KubeObject[] {
  return [change.before, change.after].filter((object) => object !== undefined);
}
