import {
  type Client,
  type KubeApiError,
  Reflector,
  type ReflectorSink,
  type ReflectorState,
  type ReflectorTiming,
} from "@moorage/kube-client";
import type { KubeObject, ResourceType } from "@moorage/kube-types";
import { keyText } from "./object-key.ts";
import { PartSharing } from "./part-sharing.ts";
import { isOlder } from "./resource-version.ts";
import { Store } from "./store.ts";
import { keepMetadata, keepOwnFields } from "./strip.ts";

/** What an informer tells its subscribers. At least one of `before` and `after` is there. */
export interface Change<T extends KubeObject = KubeObject> {
  before: T | undefined;
  after: T | undefined;
  /** Part of a complete picture, not news: less urgent. */
  initial: boolean;
  /** Who of this process made it, if it is the echo of a recorded write. */
  writer: string | undefined;
}

/** Which objects of a kind are cached. */
export interface CacheScope {
  namespace?: string | undefined;
  labelSelector?: string | undefined;
  fieldSelector?: string | undefined;
  /** Only `metadata`: for large kinds of which only names, labels and owners matter. */
  metadataOnly?: boolean | undefined;
}

/** A part of a kind, with a watch of its own. Absent fields: everything. */
export type Filter = Pick<CacheScope, "namespace" | "labelSelector" | "fieldSelector">;

/** What those who read a kind need of it. Several readers of one kind share one watch: the most demanding decides. */
export interface Needs {
  /** It is fine that the server does not serve the kind. */
  optional: boolean;
  /** Nobody reads more than `metadata`. */
  metadataOnly: boolean;
}

export interface InformerOptions<T extends KubeObject> {
  client: Client;
  type: ResourceType<T>;
  scope: CacheScope;
  /** Looked at again for every connection. Default: the whole objects of a kind that must be served. */
  needs?: Readonly<Needs>;
  /** Field managers that start so are ours. */
  managerPrefix: string;
  watchList?: boolean | undefined;
  timing?: Partial<ReflectorTiming> | undefined;
  /** Where a subscriber's exception goes: one must not keep the others from their news. */
  onSubscriberError(error: unknown): void;
  /** Told when the kind cannot be fetched or watched; it is tried again. */
  onWatchError?: ((failure: WatchFailure) => void) | undefined;
}

/** Why a kind cannot be fetched or watched at the moment. */
export interface WatchFailure {
  type: ResourceType;
  scope: CacheScope;
  error: KubeApiError;
  /** When it is tried again, in milliseconds. */
  retryInMs: number;
}

interface OwnWrite<T> {
  resourceVersion: string;
  writer: string;
  /** The last version that was told. */
  before: T | undefined;
  /** The last picture that had been begun when it was recorded. */
  picture: number;
}

/**
 * One watch on one kind, and the objects it told of.
 *
 * *Guarantees*: own writes are visible at once and never go back to an older version; an object that was deleted and
 * created again, however unobserved, is told as gone and then as new; what vanished while disconnected is told as
 * gone; a subscriber that throws harms nobody else.
 * *Caveats*: intermediate versions may be skipped; order between kinds is not kept.
 */
export class Informer<T extends KubeObject> implements ReflectorSink<T> {
  readonly type: ResourceType<T>;
  readonly scope: CacheScope;
  readonly store = new Store<T>();
  readonly #options: InformerOptions<T>;
  readonly #reflector: Reflector<T>;
  readonly #sharing = new PartSharing<T>();
  readonly #subscribers = new Set<(change: Change<T>) => void>();
  readonly #ownWrites = new Map<string, OwnWrite<T>>();
  /** Own writes under way, each with what the watch has told of its object last and nobody has been told yet. */
  readonly #writing = new Map<string, Omit<Change<T>, "initial"> | undefined>();
  readonly #synced = Promise.withResolvers<void>();
  readonly #progressListeners = new Set<() => void>();
  readonly #servedListeners = new Set<(served: boolean) => void>();
  /** Keys that the picture under way has not confirmed yet; undefined between pictures. */
  #unconfirmed: Set<string> | undefined;
  #pictures = 0;
  #hasSynced = false;
  #served = true;
  #version = "0";

  constructor(options: InformerOptions<T>) {
    this.#options = options;
    this.type = options.type;
    this.scope = options.scope;
    this.#reflector = new Reflector<T>({
      ...options.scope,
      client: options.client,
      type: options.type,
      sink: this,
      watchList: options.watchList,
      timing: options.timing,
      get metadataOnly() {
        return isMetadataOnly(options);
      },
    });
  }

  get hasSynced(): boolean {
    return this.#hasSynced;
  }

  /** False once the server has said that it has no such resource; true until then, and as soon as it has. */
  get served(): boolean {
    return this.#served;
  }

  get state(): Readonly<ReflectorState> {
    return this.#reflector.state;
  }

  /** Resolves when the first complete picture is there. */
  async whenSynced(): Promise<void> {
    return this.#synced.promise;
  }

  async run(signal: AbortSignal): Promise<void> {
    return this.#reflector.run(signal);
  }

  /** Tells every change from now on, and what is there already as initial changes. */
  subscribe(subscriber: (change: Change<T>) => void): void {
    this.#subscribers.add(subscriber);
    for (const key of [...this.store.keys()]) {
      this.#tellOne(subscriber, { before: undefined, after: this.store.get(key), initial: true, writer: undefined });
    }
  }

  /**
   * Makes the server's answer to an own write visible before its echo arrives.
   * An answer that the watch has overtaken already is ignored: it would bring back the past.
   */
  recordWrite(object: T, writer: string): void {
    const { resourceVersion } = object.metadata;
    const key = keyText(object.metadata);
    this.#recogniseEcho(key, resourceVersion, writer);
    if (!resourceVersion || !isOlder(this.#version, resourceVersion)) return;
    const stored = this.store.get(key);
    if (stored && !isOlder(stored.metadata.resourceVersion, resourceVersion)) return;
    const pending = this.#ownWrites.get(key);
    const before = pending ? pending.before : stored;
    this.store.set(this.#keptPart(object, stored));
    this.#ownWrites.set(key, { resourceVersion, writer, before, picture: this.#pictures });
  }

  /**
   * An own write is under way. Its echo may come before its answer, which alone tells that it is one: until then what
   * the watch tells of the object is in the store, and subscribers hear of it when the write has ended.
   *
   * @returns a function to call when it has ended, well or not.
   */
  writing(key: string): () => void {
    if (this.#writing.has(key)) return () => {};
    this.#writing.set(key, undefined);
    return () => {
      this.#tellHeld(key);
      this.#writing.delete(key);
    };
  }

  /** Whether the watch has told of every recorded write. */
  get caughtUp(): boolean {
    return this.#ownWrites.size === 0;
  }

  /** Calls back whenever the watch has told more. @returns a function that ends it. */
  onProgress(listener: () => void): () => void {
    this.#progressListeners.add(listener);
    return () => this.#progressListeners.delete(listener);
  }

  /** Calls back when the server begins or ceases to serve the kind. */
  onServed(listener: (served: boolean) => void): void {
    this.#servedListeners.add(listener);
  }

  restarted(): void {
    this.#pictures += 1;
    this.#unconfirmed = new Set(this.store.keys());
  }

  upserted(object: T): void {
    const key = keyText(object.metadata);
    this.#unconfirmed?.delete(key);
    const stored = this.store.get(key);
    const own = this.#ownWrites.get(key);
    const { resourceVersion, uid } = object.metadata;
    if (own && this.#mayPredate(own, resourceVersion)) {
      // An echo from before our write: somebody else changed the object in between. The cache stays ahead.
      this.#tell({ before: stored, after: this.#keptPart(object, stored), writer: undefined });
      return;
    }
    this.#ownWrites.delete(key);
    // What was told last: own writes are stored before they are told.
    const before = own ? own.before : stored;
    if (!own && stored?.metadata.resourceVersion === resourceVersion) return;
    // A picture may stand for several changes, of which ours was the last: then it is news.
    const isEcho = own?.resourceVersion === resourceVersion && this.#unconfirmed === undefined;
    const writer = isEcho ? own?.writer : undefined;
    // The answer to our write is there already.
    const isThere = stored && stored.metadata.resourceVersion === resourceVersion;
    const after = isThere ? stored : this.#keptPart(object, stored);
    if (after !== stored) this.store.set(after);
    const recreated = before !== undefined && before.metadata.uid !== uid;
    if (recreated) this.#tell({ before, after: undefined, writer: undefined });
    this.#tellOrHold(key, { before: recreated ? undefined : before, after, writer });
  }

  removed(object: T): void {
    const key = keyText(object.metadata);
    this.#unconfirmed?.delete(key);
    const stored = this.store.get(key);
    // Ours is another object of that name, created after this one was gone.
    if (stored && stored.metadata.uid !== object.metadata.uid) return;
    this.#forget(key, stored ?? object);
  }

  synced(resourceVersion: string): void {
    const unconfirmed = this.#unconfirmed ?? [];
    this.#unconfirmed = undefined;
    for (const key of unconfirmed) {
      const own = this.#ownWrites.get(key);
      if (own?.picture === this.#pictures && isOlder(resourceVersion, own.resourceVersion)) continue;
      const stored = this.store.get(key);
      if (stored) this.#forget(key, stored);
    }
    this.#hasSynced = true;
    this.progressed(resourceVersion);
    this.#synced.resolve();
    this.#setServed(true);
  }

  /** Without its resource a kind has no objects: that is a complete picture, too. */
  unserved(): boolean {
    if (!this.#options.needs?.optional) return false;
    this.#unconfirmed = undefined;
    for (const key of [...this.store.keys()]) {
      const stored = this.store.get(key);
      if (stored) this.#forget(key, stored);
    }
    this.#ownWrites.clear();
    this.#hasSynced = true;
    for (const listener of this.#progressListeners) listener();
    this.#synced.resolve();
    this.#setServed(false);
    return true;
  }

  failed(error: KubeApiError, retryInMs: number): void {
    this.#options.onWatchError?.({ type: this.type, scope: this.scope, error, retryInMs });
  }

  progressed(resourceVersion: string): void {
    this.#version = resourceVersion;
    for (const [key, own] of this.#ownWrites) {
      if (!isOlder(resourceVersion, own.resourceVersion)) this.#ownWrites.delete(key);
    }
    for (const listener of this.#progressListeners) listener();
  }

  /**
   * Whether a told version may be from before an own write. In a picture only a write made meanwhile counts:
   * a server restored from a backup has older versions for good.
   */
  #mayPredate(own: OwnWrite<T>, resourceVersion: string | undefined): boolean {
    if (this.#unconfirmed && own.picture !== this.#pictures) return false;
    return isOlder(resourceVersion, own.resourceVersion);
  }

  #setServed(served: boolean): void {
    if (this.#served === served) return;
    this.#served = served;
    for (const listener of this.#servedListeners) listener(served);
  }

  /** Drops what is not to be cached. Changes `object`, which nobody has seen yet. */
  #keptPart(object: T, before: T | undefined): T {
    keepOwnFields(object, this.#options.managerPrefix);
    if (isMetadataOnly(this.#options)) keepMetadata(object);
    this.#sharing.share(object, before);
    return object;
  }

  /** Of a complete picture everything is told at once: it may stand for several changes. */
  #tellOrHold(key: string, change: Omit<Change<T>, "initial">): void {
    this.#tellHeld(key);
    if (this.#writing.has(key) && change.writer === undefined && this.#unconfirmed === undefined) {
      this.#writing.set(key, change);
    } else this.#tell(change);
  }

  #tellHeld(key: string): void {
    const held = this.#writing.get(key);
    if (!held) return;
    this.#writing.set(key, undefined);
    this.#tell(held);
  }

  /** What was held back is the write's echo when it is of the version that the server answered with. */
  #recogniseEcho(key: string, resourceVersion: string | undefined, writer: string): void {
    const held = this.#writing.get(key);
    if (held && held.after?.metadata.resourceVersion === resourceVersion) held.writer = writer;
    this.#tellHeld(key);
  }

  #forget(key: string, last: T): void {
    this.#tellHeld(key);
    this.store.delete(key);
    this.#ownWrites.delete(key);
    this.#tell({ before: last, after: undefined, writer: undefined });
  }

  #tell(change: Omit<Change<T>, "initial">): void {
    const initial = this.#unconfirmed !== undefined;
    for (const subscriber of this.#subscribers) this.#tellOne(subscriber, { ...change, initial });
  }

  #tellOne(subscriber: (change: Change<T>) => void, change: Change<T>): void {
    try {
      subscriber(change);
    } catch (error) {
      this.#options.onSubscriberError(error);
    }
  }
}

function isMetadataOnly({ needs, scope }: { needs?: Readonly<Needs>; scope: CacheScope }): boolean {
  return scope.metadataOnly ?? needs?.metadataOnly ?? false;
}
