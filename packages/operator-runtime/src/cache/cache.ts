import type { Client, ObjectKey, ReflectorTiming } from "@moorage/kube-client";
import type { KubeObject, ResourceType } from "@moorage/kube-types";
import type { Index } from "../controller.ts";
import { type CacheScope, type Change, Informer } from "./informer.ts";
import { keyText, typeText } from "./object-key.ts";
import type { StoreQuery } from "./store.ts";

export interface CacheOptions {
  client: Client;
  managerPrefix: string;
  /** Cache only these namespaces' objects. Default, and when empty: all namespaces. */
  namespaces?: readonly string[] | undefined;
  /** Narrower scopes for single kinds. */
  scopes?: readonly { type: ResourceType; scope: CacheScope }[] | undefined;
  timing?: Partial<ReflectorTiming> | undefined;
  onSubscriberError(error: unknown): void;
}

/**
 * The shared cache: one watch per kind (and namespace, where only some are wanted), whatever the number of controllers
 * that read it.
 *
 * *Guarantees*: reads never wait and never leave the process. *Assumptions*: kinds are declared before `start`.
 */
export class Cache {
  readonly #options: CacheOptions;
  /** By kind; several where only some namespaces are cached. */
  readonly #informers = new Map<string, readonly Informer<KubeObject>[]>();
  readonly #running: Promise<void>[] = [];
  #signal: AbortSignal | undefined;

  constructor(options: CacheOptions) {
    this.#options = options;
  }

  /** Makes the informers of a kind, once. Those of a kind that is declared late start at once. */
  declare(type: ResourceType): readonly Informer<KubeObject>[] {
    const existing = this.#informers.get(typeText(type));
    if (existing) return existing;
    const { client, managerPrefix, timing, onSubscriberError } = this.#options;
    const informers = this.#scopesOf(type).map(
      (scope) => new Informer<KubeObject>({ client, type, scope, managerPrefix, timing, onSubscriberError }),
    );
    this.#informers.set(typeText(type), informers);
    if (this.#signal) for (const informer of informers) this.#running.push(informer.run(this.#signal));
    return informers;
  }

  informers(): readonly Informer<KubeObject>[] {
    return [...this.#informers.values()].flat();
  }

  /** The informer that holds a namespace's objects of a declared kind, if that namespace is cached. */
  informerOf(type: ResourceType, namespace: string | undefined): Informer<KubeObject> | undefined {
    return this.#informers.get(typeText(type))?.find(({ scope }) => holds(scope, namespace));
  }

  /** Tells every change of a kind from now on, and what is there already as initial changes. */
  subscribe(type: ResourceType, subscriber: (change: Change) => void): void {
    for (const informer of this.declare(type)) informer.subscribe(subscriber);
  }

  addIndex(index: Index): void {
    for (const { store } of this.declare(index.type)) store.addIndex(index.name, (object) => index.valuesOf(object));
  }

  find<T extends KubeObject>(type: ResourceType<T>, key: ObjectKey): T | undefined {
    const stored = this.#read(type).find(({ scope }) => holds(scope, type.namespaced ? key.namespace : undefined));
    return stored?.store.get(keyText(type.namespaced ? key : { name: key.name }));
  }

  list<T extends KubeObject>(type: ResourceType<T>, query: StoreQuery = {}): readonly T[] {
    const informers = this.#read(type);
    const [only] = informers;
    if (only && informers.length === 1) return only.store.list(query);
    const { namespace } = query;
    const asked = informers.filter(({ scope }) => namespace === undefined || holds(scope, namespace));
    return asked.flatMap(({ store }) => store.list(query));
  }

  /** Makes the answer to an own write visible at once. */
  recordWrite(type: ResourceType, object: KubeObject, writer: string): void {
    this.informerOf(type, object.metadata.namespace)?.recordWrite(object, writer);
  }

  /** Whether objects of a kind may exist that this cache does not hold, in the namespaces that it holds. */
  isPartial(type: ResourceType): boolean {
    return this.declare(type).some(({ scope }) => Boolean(scope.labelSelector || scope.fieldSelector));
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

  #scopesOf(type: ResourceType): CacheScope[] {
    const own = this.#options.scopes?.find((entry) => typeText(entry.type) === typeText(type))?.scope;
    const { namespaces = [] } = this.#options;
    if (!type.namespaced || own?.namespace || namespaces.length === 0) return [{ ...own }];
    return [...new Set(namespaces)].map((namespace) => ({ ...own, namespace }));
  }

  #read<T extends KubeObject>(type: ResourceType<T>): readonly Informer<T>[] {
    const informers = this.#informers.get(typeText(type));
    if (informers) return typed(informers, type);
    throw new Error(
      `Cannot read ${type.kind} from the cache: no controller declares it; add it to "owns" or "watches" of the controller`,
    );
  }
}

function holds(scope: CacheScope, namespace: string | undefined): boolean {
  return scope.namespace === undefined || scope.namespace === namespace;
}

/** Informers are registered under their type's name, so what they hold are that type's objects. */
function typed<T extends KubeObject>(
  informers: readonly Informer<KubeObject>[],
  _type: ResourceType<T>,
): readonly Informer<T>[] {
  return informers as unknown as readonly Informer<T>[];
}
