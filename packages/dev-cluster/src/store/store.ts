import { ApiError } from "../status/api-error.ts";
import type { ApiObject } from "./api-object.ts";
import { Collection, type StoreEvent } from "./collection.ts";
import { Database, type SavedRow } from "./database.ts";
import { Entry } from "./entry.ts";

interface Pending {
  collection: Collection;
  event: StoreEvent;
  row: SavedRow;
}

/** Versions of a new cluster start here, so that "0" and "1" never name a state. */
const firstVersion = 1;

/** etcd's bound on a request, which bounds objects on a real cluster. */
const objectLimitBytes = 1.5 * 1024 * 1024;

function checkSize({ json }: Entry): void {
  // No character has more than three bytes of UTF-8 per UTF-16 unit, and nearly all objects are small.
  if (json.length * 3 <= objectLimitBytes) return;
  const size = Buffer.byteLength(json);
  if (size <= objectLimitBytes) return;
  const message = `Request entity too large: the object has ${size} bytes, the limit is ${objectLimitBytes}`;
  throw new ApiError(413, "RequestEntityTooLarge", message);
}

/**
 * All objects of the cluster, in memory and in one file.
 *
 * *Guarantees*
 * - Reads see every earlier write. Versions only grow, also over restarts.
 * - Writes of one turn of the event loop are saved together (group commit). `settled()` resolves when
 *   everything written so far is saved; whoever tells the outside about a write or a read awaits it first.
 * - Listeners hear of a change only after it is saved, in the order of versions.
 *
 * *Caveat*: when saving fails (disk full), every later `settled()` rejects: a server that cannot
 * keep what it acknowledges must stop acknowledging.
 */
export class Store {
  readonly #collections = new Map<string, Collection>();
  readonly #database: Database | undefined;
  readonly #waiting: PromiseWithResolvers<void>[] = [];
  #pending: Pending[] = [];
  #scheduled = false;
  #version: number;
  #announced: number;
  #failure: unknown;

  /** Told when a listener throws; the other listeners hear of the change all the same. */
  onListenerError: (message: string, error: unknown) => void = () => {};

  /** Without a `path` nothing is saved: for tests. */
  constructor(path?: string) {
    this.#database = path === undefined ? undefined : new Database(path);
    const saved = this.#database?.load() ?? { rows: [], version: 0 };
    this.#version = Math.max(saved.version, firstVersion);
    this.#announced = this.#version;
    for (const row of saved.rows) {
      this.collection(row.resource).set(Entry.saved(row.key, row.version, row.json));
    }
  }

  /** The version of the newest write. */
  get version(): number {
    return this.#version;
  }

  /** Every change up to this version has been announced to the listeners. */
  get announcedVersion(): number {
    return this.#announced;
  }

  collection(resource: string): Collection {
    let collection = this.#collections.get(resource);
    if (!collection) {
      collection = new Collection(this.#version);
      this.#collections.set(resource, collection);
    }
    return collection;
  }

  get(resource: string, key: string): Entry | undefined {
    return this.collection(resource).entries.get(key);
  }

  list(resource: string, prefix = ""): Entry[] {
    return this.collection(resource).list(prefix);
  }

  /**
   * Stores `object`, which then belongs to the store: it gets its version and is frozen.
   * @throws ApiError RequestEntityTooLarge for an object that etcd would not take.
   */
  put(resource: string, key: string, object: ApiObject): Entry {
    const collection = this.collection(resource);
    const previous = collection.entries.get(key);
    const entry = Entry.seal(key, ++this.#version, object);
    checkSize(entry);
    collection.set(entry);
    const type = previous ? "MODIFIED" : "ADDED";
    this.#enqueue({
      collection,
      event: { type, version: entry.version, entry, previous },
      row: { resource, key, version: entry.version, json: entry.json },
    });
    return entry;
  }

  /** Removes an object and returns its last state under the version of the deletion. */
  remove(resource: string, key: string, lastState?: ApiObject): Entry | undefined {
    const collection = this.collection(resource);
    const previous = collection.entries.get(key);
    if (!previous) return undefined;
    const entry = Entry.seal(key, ++this.#version, lastState ?? previous.copy());
    collection.remove(key);
    this.#enqueue({
      collection,
      event: { type: "DELETED", version: entry.version, entry, previous },
      row: { resource, key, version: entry.version },
    });
    return entry;
  }

  /** Drops a whole resource with no events: its type is gone, and so are its watches. */
  drop(resource: string): void {
    for (const entry of this.list(resource)) this.remove(resource, entry.key);
    this.flush();
    this.#collections.delete(resource);
  }

  /** Resolves when every write so far is saved and announced. */
  async settled(): Promise<void> {
    if (this.#failure !== undefined) throw this.#failure;
    if (this.#pending.length === 0) return;
    const waiting = Promise.withResolvers<void>();
    this.#waiting.push(waiting);
    return waiting.promise;
  }

  /** Saves and announces what is pending, now. */
  flush(): void {
    while (this.#pending.length > 0) {
      const batch = this.#pending;
      this.#pending = [];
      if (!this.#save(batch)) return;
      for (const { collection, event } of batch) {
        this.#announced = event.version;
        for (const listener of collection.remember(event)) this.#tell(listener, { collection, event });
      }
    }
    for (const waiting of this.#waiting.splice(0)) waiting.resolve();
  }

  close(): void {
    this.flush();
    this.#database?.close();
  }

  #tell(listener: (event: StoreEvent) => void, { collection, event }: Pick<Pending, "collection" | "event">): void {
    // One that has been told before in this round may have dismissed it.
    if (!collection.listeners.has(listener)) return;
    try {
      listener(event);
    } catch (error) {
      this.onListenerError(`A listener failed at ${event.type} of "${event.entry.key}"`, error);
    }
  }

  #enqueue(pending: Pending): void {
    this.#pending.push(pending);
    if (this.#scheduled) return;
    this.#scheduled = true;
    setImmediate(() => {
      this.#scheduled = false;
      this.flush();
    });
  }

  /** Whether the batch is safe. If not, nobody hears of it, and every later `settled()` says why. */
  #save(batch: readonly Pending[]): boolean {
    try {
      this.#database?.save(
        batch.map((pending) => pending.row),
        this.#version,
      );
      return true;
    } catch (error) {
      this.#failure = error;
      for (const waiting of this.#waiting.splice(0)) waiting.reject(error);
      return false;
    }
  }
}
