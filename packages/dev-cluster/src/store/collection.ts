import type { Entry } from "./entry.ts";

/** One change, in the order of versions. */
export interface StoreEvent {
  readonly type: "ADDED" | "MODIFIED" | "DELETED";
  readonly version: number;
  /** The new state; for `DELETED` the last state, under the version of the deletion. */
  readonly entry: Entry;
  /** The state before, where there was one. */
  readonly previous: Entry | undefined;
}

/** How far back a watch may start: events kept for each resource. The real server keeps five minutes' worth. */
const historyLimit = 20_000;

/**
 * The objects of one resource, sorted by key as etcd sorts them, with the recent changes for watches.
 */
export class Collection {
  readonly entries = new Map<string, Entry>();
  readonly listeners = new Set<(event: StoreEvent) => void>();
  #sortedKeys: string[] | undefined;
  #history: StoreEvent[] = [];
  #forgotten: number;

  /** `forgotten`: the newest version whose changes are not known any more. */
  constructor(forgotten: number) {
    this.#forgotten = forgotten;
  }

  set(entry: Entry): void {
    if (!this.entries.has(entry.key)) this.#sortedKeys = undefined;
    this.entries.set(entry.key, entry);
  }

  remove(key: string): void {
    if (this.entries.delete(key)) this.#sortedKeys = undefined;
  }

  /** The entries whose key starts with `prefix`, in the order of keys. */
  list(prefix: string): Entry[] {
    this.#sortedKeys ??= [...this.entries.keys()].sort();
    const found: Entry[] = [];
    for (let index = prefix === "" ? 0 : lowerBound(this.#sortedKeys, prefix); ; index++) {
      const key = this.#sortedKeys[index];
      if (key === undefined || !key.startsWith(prefix)) return found;
      const entry = this.entries.get(key);
      if (entry) found.push(entry);
    }
  }

  /** Remembers the event, and says whom to tell of it. */
  remember(event: StoreEvent): ((event: StoreEvent) => void)[] {
    this.#history.push(event);
    if (this.#history.length > historyLimit * 1.5) {
      const dropped = this.#history.splice(0, this.#history.length - historyLimit);
      this.#forgotten = dropped.at(-1)?.version ?? this.#forgotten;
    }
    return [...this.listeners];
  }

  /** The changes after `version`, or undefined when some of them are forgotten. */
  changesSince(version: number): StoreEvent[] | undefined {
    if (version < this.#forgotten) return undefined;
    const first = this.#history.findIndex((event) => event.version > version);
    return first < 0 ? [] : this.#history.slice(first);
  }

  /** The entries as they were at `version`, or undefined when that is forgotten: later changes are undone one by one. */
  listAt(version: number, prefix: string): Entry[] | undefined {
    const changes = this.changesSince(version);
    if (!changes) return undefined;
    if (changes.length === 0) return this.list(prefix);
    const entries = new Map(this.entries);
    for (const { entry, previous } of changes.toReversed()) {
      if (previous) entries.set(entry.key, previous);
      else entries.delete(entry.key);
    }
    const sorted = [...entries.values()].filter((entry) => entry.key.startsWith(prefix));
    return sorted.sort((left, right) => (left.key < right.key ? -1 : 1));
  }

  /** Forgets every change up to now: the next watch from an older version is refused. */
  compact(version: number): void {
    this.#history = [];
    this.#forgotten = version;
  }
}

function lowerBound(sorted: readonly string[], wanted: string): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((sorted[middle] ?? "") < wanted) low = middle + 1;
    else high = middle;
  }
  return low;
}
