import type { Client, ObjectKey, ReflectorTiming } from "@moorage/kube-client";
import type { KubeObject, ResourceType } from "@moorage/kube-types";
import { type CacheScope, type Change, type Filter, Informer, type Needs, type WatchFailure } from "./informer.ts";
import { keyText, typeText } from "./object-key.ts";
import type { StoreQuery } from "./store.ts";

export interface CacheOptions {
  client: Client;
  managerPrefix: string;
  /** Cache only these namespaces' objects. Default, and when empty: all namespaces. */
  namespaces?: readonly string[] | undefined;
  /** Narrower scopes for single kinds. */
  scopes?: readonly { type: ResourceType; scope: CacheScope }[] | undefined;
  watchList?: boolean | undefined;
  timing?: Partial<ReflectorTiming> | undefined;
  onSubscriberError(error: unknown): void;
  onWatchError?: ((failure: WatchFailure) => void) | undefined;
}

/** A lookup over a cached kind. Made by `index()`. */
export interface Index {
  readonly type: ResourceType;
  readonly name: string;
  valuesOf(object: KubeObject): Iterable<string>;
}

interface Entry {
  /** Several where only some namespaces are cached. */
  informers: readonly Informer<KubeObject>[];
  needs: Needs;
}

/**
 * The shared cache: one watch per kind (and namespace, where only some are wanted; and filter, where a controller asks
 * for one), whatever the number of controllers that read it.
 *
 * *Guarantees*: reads never wait and never leave the process. *Assumptions*: kinds are declared before `start`.
 */
export class Cache {
  readonly #options: CacheOptions;
  /** By kind and filter. */
  readonly #entries = new Map<string, Entry>();
  /** Those without a filter by the kind itself: every read of a reconcile comes by here. */
  readonly #unfiltered = new WeakMap<ResourceType, Entry>();
  readonly #running: Promise<void>[] = [];
  #signal: AbortSignal | undefined;

  constructor(options: CacheOptions) {
    this.#options = options;
  }

  /**
   * Makes the informers of a kind, once. Those of a kind that is declared late start at once.
   * Declared several times with different needs, the most demanding decides.
   */
  declare(type: ResourceType, options: Partial<Needs> & { filter?: Filter | undefined } = {}): Entry["informers"] {
    const { filter, optional = false, metadataOnly = false } = options;
    const existing = this.#entries.get(entryText(type, filter));
    if (existing) {
      existing.needs.optional &&= optional;
      existing.needs.metadataOnly &&= metadataOnly;
      return existing.informers;
    }
    const needs = { optional, metadataOnly };
    const { namespaces: _, scopes: __, ...rest } = this.#options;
    const informers = this.#scopesOf(type, filter).map(
      (scope) => new Informer<KubeObject>({ ...rest, type, scope, needs }),
    );
    this.#entries.set(entryText(type, filter), { informers, needs });
    if (this.#signal) for (const informer of informers) this.#running.push(informer.run(this.#signal));
    return informers;
  }

  informers(): readonly Informer<KubeObject>[] {
    return [...this.#entries.values()].flatMap(({ informers }) => informers);
  }

  /** The informer that holds a namespace's objects of a declared kind, if that namespace is cached. */
  informerOf(type: ResourceType, namespace: string | undefined): Informer<KubeObject> | undefined {
    return this.#entryOf(type)?.informers.find(({ scope }) => holds(scope, namespace));
  }

  /** Tells every change of a declared kind from now on, and what is there already as initial changes. */
  subscribe(type: ResourceType, subscriber: (change: Change) => void, filter?: Filter): void {
    for (const informer of this.#read(type, filter)) informer.subscribe(subscriber);
  }

  addIndex(index: Index, filter?: Filter): void {
    for (const { store } of this.#read(index.type, filter))
      store.addIndex(index.name, (object) => index.valuesOf(object));
  }

  find<T extends KubeObject>(type: ResourceType<T>, key: ObjectKey, filter?: Filter): T | undefined {
    const namespace = type.namespaced ? key.namespace : undefined;
    const stored = this.#read(type, filter).find(({ scope }) => holds(scope, namespace));
    return stored?.store.get(keyText(type.namespaced ? key : { name: key.name }));
  }

  list<T extends KubeObject>(type: ResourceType<T>, query: StoreQuery = {}, filter?: Filter): readonly T[] {
    const informers = this.#read(type, filter);
    const [only] = informers;
    if (only && informers.length === 1) return only.store.list(query);
    const { namespace } = query;
    const asked = informers.filter(({ scope }) => namespace === undefined || holds(scope, namespace));
    return asked.flatMap(({ store }) => store.list(query));
  }

  /** Whether the server has the resource of a declared kind, as far as is known. */
  serves(type: ResourceType, filter?: Filter): boolean {
    return this.#read(type, filter).every(({ served }) => served);
  }

  /** Calls back when the server begins or ceases to serve a declared kind. */
  onServed(type: ResourceType, listener: (served: boolean) => void, filter?: Filter): void {
    for (const informer of this.#read(type, filter)) informer.onServed(listener);
  }

  /** An own write is under way. @returns a function to call when it has ended. */
  writing(type: ResourceType, object: KubeObject): () => void {
    return this.informerOf(type, object.metadata.namespace)?.writing(keyText(object.metadata)) ?? (() => {});
  }

  /** Makes the answer to an own write visible at once. */
  recordWrite(type: ResourceType, object: KubeObject, writer: string): void {
    this.informerOf(type, object.metadata.namespace)?.recordWrite(object, writer);
  }

  /** Whether objects of a kind may exist that this cache does not hold, in the namespaces that it holds. */
  isPartial(type: ResourceType): boolean {
    return this.#read(type).some(({ scope }) => Boolean(scope.labelSelector || scope.fieldSelector));
  }

  /** Starts every informer. They end when `signal` aborts; `stopped()` waits for that. */
  start(signal: AbortSignal): void {
    this.#signal = signal;
    for (const informer of this.informers()) this.#running.push(informer.run(signal));
  }

  /** Resolves when every kind has been fetched once. */
  async whenSynced(): Promise<void> {
    await Promise.all(this.informers().map((informer) => informer.whenSynced()));
  }

  async stopped(): Promise<void> {
    await Promise.all(this.#running);
  }

  #scopesOf(type: ResourceType, filter: Filter = {}): CacheScope[] {
    const own = this.#options.scopes?.find((entry) => typeText(entry.type) === typeText(type))?.scope;
    const scope = { ...own, ...filter };
    const { namespaces = [] } = this.#options;
    if (!type.namespaced || scope.namespace || namespaces.length === 0) return [scope];
    return [...new Set(namespaces)].map((namespace) => ({ ...scope, namespace }));
  }

  #entryOf(type: ResourceType): Entry | undefined {
    const known = this.#unfiltered.get(type);
    if (known) return known;
    const entry = this.#entries.get(entryText(type));
    if (entry) this.#unfiltered.set(type, entry);
    return entry;
  }

  #read<T extends KubeObject>(type: ResourceType<T>, filter?: Filter): readonly Informer<T>[] {
    const entry = filter ? this.#entries.get(entryText(type, filter)) : this.#entryOf(type);
    if (entry) return typed(entry.informers, type);
    throw new Error(
      `Cannot read ${type.kind} from the cache: no controller declares it; add it to "owns" or "watches" of the controller`,
    );
  }
}

function holds(scope: CacheScope, namespace: string | undefined): boolean {
  return scope.namespace === undefined || scope.namespace === namespace;
}

function entryText(type: ResourceType, filter: Filter = {}): string {
  const { namespace = "", labelSelector = "", fieldSelector = "" } = filter;
  return [typeText(type), namespace, labelSelector, fieldSelector].join(" ");
}

/** Informers are registered under their type's name, so what they hold are that type's objects. */
function typed<T extends KubeObject>(
  informers: readonly Informer<KubeObject>[],
  _type: ResourceType<T>,
): readonly Informer<T>[] {
  return informers as unknown as readonly Informer<T>[];
}
