import type { Clock } from "../clock.ts";

/** A key's urgency: higher goes first. What a complete picture or a resync brings is less urgent than news. */
export const priorities = { news: 0, initial: -100 } as const;

/** A key gains one point of priority in so many milliseconds of waiting: the least urgent waits 10 s at most longer. */
const agingMs = 100;

export interface QueueObserver {
  added(): void;
  /** A key was handed to a worker after waiting so long, in milliseconds. */
  started(waitedMs: number): void;
  /** A worker is done with a key after so long, in milliseconds. */
  finished(workedMs: number): void;
}

interface Waiting {
  priority: number;
  since: number;
}

/**
 * A queue of keys.
 *
 * *Guarantees*: a key waits at most once, whatever the number of `add()`s; no key is handed out while a worker has
 * it: what is added meanwhile is handed out once after `done()`; nothing added is lost until `shutDown()`; no key
 * starves: waiting raises its priority.
 * Source: client-go's workqueue, and controller-runtime's priority queue with the ageing it lacks.
 */
export class WorkQueue {
  readonly #clock: Clock;
  readonly #observer: QueueObserver | undefined;
  /** Per priority, oldest first. */
  readonly #waiting = new Map<number, Map<string, Waiting>>();
  readonly #priorityOf = new Map<string, number>();
  readonly #processing = new Map<string, number>();
  /** Added while a worker has them. */
  readonly #again = new Map<string, number>();
  readonly #delayed = new Map<string, { dueAt: number; cancel: () => void }>();
  readonly #idleListeners = new Set<() => void>();
  readonly #takers: ((key: string | undefined) => void)[] = [];
  #shutDown = false;

  constructor(clock: Clock, observer?: QueueObserver) {
    this.#clock = clock;
    this.#observer = observer;
  }

  /** Keys that wait for a worker. */
  get depth(): number {
    return this.#priorityOf.size;
  }

  /** Keys that workers have. */
  get processing(): number {
    return this.#processing.size;
  }

  /** When each key that a worker has was handed out, in milliseconds on the clock's monotonic time. */
  get processingSince(): Iterable<number> {
    return this.#processing.values();
  }

  /** Whether nothing waits and nothing is being worked on. Delayed keys do not count. */
  get idle(): boolean {
    return this.depth === 0 && this.#processing.size === 0;
  }

  /** Calls back whenever the queue has become idle. @returns a function that ends it. */
  onIdle(listener: () => void): () => void {
    this.#idleListeners.add(listener);
    return () => this.#idleListeners.delete(listener);
  }

  /** When the next delayed key is due, in milliseconds of the clock's monotonic time. */
  get nextDueAt(): number | undefined {
    let next: number | undefined;
    for (const { dueAt } of this.#delayed.values()) next = Math.min(next ?? dueAt, dueAt);
    return next;
  }

  add(key: string, priority: number = priorities.news): void {
    if (this.#shutDown) return;
    this.#cancelDelay(key);
    if (this.#processing.has(key)) {
      const other = this.#again.get(key);
      this.#again.set(key, Math.max(priority, other ?? priority));
      if (other === undefined) this.#observer?.added();
      return;
    }
    this.#enqueue(key, priority);
  }

  /** Adds the key later, unless it is added before. Of two delays the shorter counts. */
  addAfter(key: string, delayMs: number, priority: number = priorities.news): void {
    if (delayMs <= 0) {
      this.add(key, priority);
      return;
    }
    const dueAt = this.#clock.monotonic() + delayMs;
    const other = this.#delayed.get(key);
    if (this.#shutDown || (other && other.dueAt <= dueAt)) return;
    other?.cancel();
    const cancel = this.#clock.schedule(delayMs, () => {
      this.#delayed.delete(key);
      this.add(key, priority);
    });
    this.#delayed.set(key, { dueAt, cancel });
  }

  /** The most urgent key, as soon as there is one. Undefined after `shutDown()`. Every key needs its `done()`. */
  async take(): Promise<string | undefined> {
    if (this.#shutDown) return undefined;
    const key = this.#next();
    if (key !== undefined) return key;
    return new Promise((resolve) => this.#takers.push(resolve));
  }

  /** The worker is finished with the key. */
  done(key: string): void {
    const startedAt = this.#processing.get(key);
    if (startedAt === undefined) throw new Error(`Cannot finish "${key}": no worker has it`);
    this.#processing.delete(key);
    this.#observer?.finished(this.#clock.monotonic() - startedAt);
    const again = this.#again.get(key);
    this.#again.delete(key);
    if (again !== undefined && !this.#shutDown) this.#enqueue(key, again, { counted: true });
    if (this.idle) for (const listener of this.#idleListeners) listener();
  }

  /** Drops what waits and tells takers that nothing more will come. */
  shutDown(): void {
    this.#shutDown = true;
    for (const { cancel } of this.#delayed.values()) cancel();
    for (const map of [this.#delayed, this.#waiting, this.#priorityOf, this.#again]) map.clear();
    for (const taker of this.#takers.splice(0)) taker(undefined);
  }

  #enqueue(key: string, priority: number, options: { counted?: boolean } = {}): void {
    const current = this.#priorityOf.get(key);
    if (current !== undefined && current >= priority) return;
    const since = current === undefined ? this.#clock.monotonic() : this.#leave(key, current);
    if (current === undefined && !options.counted) this.#observer?.added();
    const level = this.#waiting.get(priority) ?? new Map<string, Waiting>();
    this.#waiting.set(priority, level.set(key, { priority, since }));
    this.#priorityOf.set(key, priority);
    const taker = this.#takers.shift();
    if (taker) taker(this.#next());
  }

  #leave(key: string, priority: number): number {
    const level = this.#waiting.get(priority);
    const since = level?.get(key)?.since ?? this.#clock.monotonic();
    level?.delete(key);
    if (level?.size === 0) this.#waiting.delete(priority);
    this.#priorityOf.delete(key);
    return since;
  }

  #next(): string | undefined {
    const now = this.#clock.monotonic();
    let best: { key: string; priority: number; urgency: number } | undefined;
    for (const level of this.#waiting.values()) {
      // The first of a level has waited longest: no other of that level is more urgent.
      for (const [key, { priority, since }] of level) {
        const urgency = priority + (now - since) / agingMs;
        if (!best || urgency > best.urgency) best = { key, priority, urgency };
        break;
      }
    }
    if (!best) return undefined;
    const since = this.#leave(best.key, best.priority);
    this.#processing.set(best.key, now);
    this.#observer?.started(now - since);
    return best.key;
  }

  #cancelDelay(key: string): void {
    this.#delayed.get(key)?.cancel();
    this.#delayed.delete(key);
  }
}
