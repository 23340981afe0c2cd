import { findControllerOf, type KubeObject, type LabelSelector, matchesSelector } from "@moorage/kube-types";
import { deepFreeze } from "../json.ts";
import { keyText } from "./object-key.ts";

/** How a store finds objects without a scan. */
export type ValuesOf<T> = (object: T) => Iterable<string>;

export interface StoreQuery {
  namespace?: string | undefined;
  labels?: LabelSelector | undefined;
  ownedBy?: KubeObject | undefined;
  index?: { name: string; value: string } | undefined;
}

/** By value: most have one key, which needs no set of its own. */
type Keys = Map<string, string | Set<string>>;

const byNamespace = "namespace";
const byController = "controller";

/**
 * Objects of one kind with their lookups.
 *
 * *Guarantees*: whatever is handed out is deeply frozen (lazily: what nobody reads costs nothing); lookups agree
 * with the objects at every moment.
 */
export class Store<T extends KubeObject> {
  readonly #objects = new Map<string, T>();
  readonly #indexes = new Map<string, { valuesOf: ValuesOf<T>; keys: Keys }>();

  constructor() {
    this.addIndex(byNamespace, (object) => [object.metadata.namespace ?? ""]);
    this.addIndex(byController, (object) => [findControllerOf(object)?.uid ?? ""]);
  }

  get size(): number {
    return this.#objects.size;
  }

  /** @throws Error when another index of this name exists: two controllers would read each other's. */
  addIndex(name: string, valuesOf: ValuesOf<T>): void {
    if (this.#indexes.has(name)) throw new Error(`Cannot add index "${name}": there is one of that name`);
    this.#indexes.set(name, { valuesOf, keys: new Map() });
    for (const [key, object] of this.#objects) this.#enter(key, object, name);
  }

  get(key: string): T | undefined {
    return deepFreeze(this.#objects.get(key));
  }

  keys(): IterableIterator<string> {
    return this.#objects.keys();
  }

  set(object: T): void {
    const key = keyText(object.metadata);
    this.delete(key);
    this.#objects.set(key, object);
    for (const name of this.#indexes.keys()) this.#enter(key, object, name);
  }

  delete(key: string): void {
    const object = this.#objects.get(key);
    if (!object) return;
    this.#objects.delete(key);
    for (const { valuesOf, keys } of this.#indexes.values()) {
      for (const value of valuesOf(object)) leave(keys, value, key);
    }
  }

  list(query: StoreQuery = {}): readonly T[] {
    const found: T[] = [];
    for (const key of this.#candidates(query)) {
      const object = this.#objects.get(key);
      if (object && matches(object, query)) found.push(deepFreeze(object));
    }
    return found;
  }

  /** The keys that the most selective of the asked lookups gives. */
  #candidates(query: StoreQuery): Iterable<string> {
    if (query.ownedBy) return this.#lookup(byController, query.ownedBy.metadata.uid ?? "");
    if (query.index) return this.#lookup(query.index.name, query.index.value, query.namespace);
    const labelled = this.#labelled(query.labels?.matchLabels);
    if (labelled) return labelled;
    return query.namespace === undefined ? this.#objects.keys() : this.#lookup(byNamespace, query.namespace);
  }

  /** The keys of the objects with the rarest of these labels. A label that is asked for is indexed from then on. */
  #labelled(labels: Readonly<Record<string, string>> = {}): Iterable<string> | undefined {
    let rarest: { keys: Iterable<string>; size: number } | undefined;
    for (const [label, value] of Object.entries(labels)) {
      const name = `label ${label}`;
      if (!this.#indexes.has(name)) {
        this.addIndex(name, ({ metadata: { labels: own } }) => (own?.[label] === undefined ? [] : [own[label]]));
      }
      const entry = this.#indexes.get(name)?.keys.get(value) ?? new Set();
      const found = typeof entry === "string" ? { keys: [entry], size: 1 } : { keys: entry, size: entry.size };
      if (!rarest || found.size < rarest.size) rarest = found;
    }
    return rarest?.keys;
  }

  #lookup(name: string, value: string, namespace?: string): Iterable<string> {
    const index = this.#indexes.get(name);
    if (!index) throw new Error(`Cannot look up by "${name}": no controller declared such an index for this kind`);
    const entry = index.keys.get(value) ?? [];
    const keys = typeof entry === "string" ? [entry] : entry;
    return namespace === undefined ? keys : [...keys].filter((key) => key.startsWith(`${namespace}/`));
  }

  #enter(key: string, object: T, indexName: string): void {
    const index = this.#indexes.get(indexName);
    if (!index) return;
    for (const value of index.valuesOf(object)) {
      enter(index.keys, value, key);
    }
  }
}

function enter(keys: Keys, value: string, key: string): void {
  const entry = keys.get(value);
  if (entry === undefined) keys.set(value, key);
  else if (typeof entry === "string") keys.set(value, new Set([entry, key]));
  else entry.add(key);
}

function leave(keys: Keys, value: string, key: string): void {
  const entry = keys.get(value);
  if (typeof entry === "string") {
    if (entry === key) keys.delete(value);
    return;
  }
  entry?.delete(key);
  if (entry?.size === 0) keys.delete(value);
}

function matches(object: KubeObject, { namespace, labels, ownedBy }: StoreQuery): boolean {
  if (namespace !== undefined && object.metadata.namespace !== namespace) return false;
  if (labels && !matchesSelector(labels, object.metadata.labels)) return false;
  return ownedBy === undefined || findControllerOf(object)?.uid === ownedBy.metadata.uid;
}
