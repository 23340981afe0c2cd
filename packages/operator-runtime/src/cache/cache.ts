import type { Client, ObjectKey, ReflectorTiming } from "@moorage/kube-client";
import type { KubeObject, ResourceType } from "@moorage/kube-types";
import type { Index } from "../controller.ts";
import { type CacheScope, Informer } from "./informer.ts";
import { keyText, typeText } from "./object-key.ts";
import type { StoreQuery } from "./store.ts";

export interface CacheOptions {
  client: Client;
  managerPrefix: string;
  /** Cache only this namespace's objects. Default: all namespaces. */
  namespace?: string | undefined;
  /** Narrower scopes for single kinds. */
  scopes?: readonly { type: ResourceType; scope: CacheScope }[] | undefined;
  timing?: Partial<ReflectorTiming> | undefined;
  onSubscriberError(error: unknown): void;
}

/**
 * The shared cache: one watch per kind, whatever the number of controllers that read it.
 *
 * *Guarantees*: reads never wait and never leave the process. *Assumptions*: kinds are declared before `start`.
 */
export class Cache {
  readonly #options: CacheOptions;
  readonly #informers = new Map<string, Informer<KubeObject>>();
  readonly #running: Promise<void>[] = [];
  #signal: AbortSignal | undefined;

  constructor(options: CacheOptions) {
    this.#options = options;
  }

  /** The informer of a kind, made when it is first asked for. One that is asked for late starts at once. */
  informer(type: ResourceType): Informer<KubeObject> {
    const existing = this.#informers.get(typeText(type));
    if (existing) return existing;
    const { client, managerPrefix, timing, onSubscriberError } = this.#options;
    const scope = this.#scopeOf(type);
    const informer = new Informer<KubeObject>({ client, type, scope, managerPrefix, timing, onSubscriberError });
    this.#informers.set(typeText(type), informer);
    if (this.#signal) this.#running.push(informer.run(this.#signal));
    return informer;
  }

  informers(): readonly Informer<KubeObject>[] {
    return [...this.#informers.values()];
  }

  addIndex(index: Index): void {
    this.informer(index.type).store.addIndex(index.name, (object) => index.valuesOf(object));
  }

  find<T extends KubeObject>(type: ResourceType<T>, key: ObjectKey): T | undefined {
    return this.#read(type).store.get(keyText(type.namespaced ? key : { name: key.name }));
  }

  list<T extends KubeObject>(type: ResourceType<T>, query?: StoreQuery): readonly T[] {
    return this.#read(type).store.list(query);
  }

  /** Makes the answer to an own write visible at once. */
  recordWrite(type: ResourceType, object: KubeObject, writer: string): void {
    this.#informers.get(typeText(type))?.recordWrite(object, writer);
  }

  /** Whether objects of a kind may exist that this cache does not hold. */
  isPartial(type: ResourceType): boolean {
    const { labelSelector, fieldSelector } = this.informer(type).scope;
    return Boolean(labelSelector || fieldSelector);
  }

  /** Starts every informer. They end when `signal` aborts; `stopped()` waits for that. */
  start(signal: AbortSignal): void {
    this.#signal = signal;
    for (const informer of this.#informers.values()) this.#running.push(informer.run(signal));
  }

  /** Resolves when every kind has been fetched once. */
  async whenSynced(): Promise<void> {
    await Promise.all(this.informers().map((informer) => informer.whenSynced()));
  }

  async stopped(): Promise<void> {
    await Promise.all(this.#running);
  }

  #scopeOf(type: ResourceType): CacheScope {
    const own = this.#options.scopes?.find((entry) => typeText(entry.type) === typeText(type))?.scope;
    return { ...(type.namespaced && { namespace: this.#options.namespace }), ...own };
  }

  #read<T extends KubeObject>(type: ResourceType<T>): Informer<T> {
    const informer = this.#informers.get(typeText(type));
    if (informer) return typed(informer, type);
    throw new Error(
      `Cannot read ${type.kind} from the cache: no controller declares it; add it to "owns" or "watches" of the controller`,
    );
  }
}

/** An informer is registered under its type's name, so what it holds are that type's objects. */
function typed<T extends KubeObject>(informer: Informer<KubeObject>, _type: ResourceType<T>): Informer<T> {
  return informer as unknown as Informer<T>;
}
