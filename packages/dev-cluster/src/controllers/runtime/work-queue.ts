/** The delays between attempts at a key that keeps failing: doubled from `firstMs`, never above `maxMs`. */
export interface BackOff {
  firstMs: number;
  maxMs: number;
}

/** client-go's default for controllers, with a lower ceiling because a laptop's user is waiting. */
const defaultBackOff: BackOff = { firstMs: 5, maxMs: 60_000 };

/** How long one turn may work before it lets other events of the process in. */
const turnMs = 8;

/**
 * A queue of keys that are looked at one after the other.
 *
 * *Guarantees*: a key that is added many times before its turn is processed once; a key that is added while
 * it is processed comes again; one whose processing throws is told to `failed` and tried again with back-off, which
 * the first success resets. Nothing runs while nothing is queued.
 */
export class WorkQueue {
  readonly #ready = new Set<string>();
  readonly #waiting = new Map<string, { dueMs: number; timer: NodeJS.Timeout }>();
  readonly #failures = new Map<string, number>();
  readonly #process: (key: string) => void;
  readonly #failed: (key: string, error: unknown) => void;
  readonly #backOff: BackOff;
  #turn: NodeJS.Immediate | undefined;
  #closed = false;

  constructor(options: {
    process: (key: string) => void;
    failed: (key: string, error: unknown) => void;
    backOff?: BackOff;
  }) {
    this.#process = options.process;
    this.#failed = options.failed;
    this.#backOff = options.backOff ?? defaultBackOff;
  }

  add(key: string): void {
    if (this.#closed) return;
    this.#ready.add(key);
    this.#turn ??= setImmediate(() => this.#work());
  }

  /** Adds `key` after `delayMs`; of several delays of a key the earliest counts. */
  addAfter(key: string, delayMs: number): void {
    if (this.#closed) return;
    const dueMs = performance.now() + delayMs;
    const waiting = this.#waiting.get(key);
    if (waiting && waiting.dueMs <= dueMs) return;
    clearTimeout(waiting?.timer);
    // A longer delay than a timer can hold (24.8 days) is cut: an early look does no harm.
    const timer = setTimeout(() => this.#due(key), Math.min(Math.ceil(delayMs), 2 ** 31 - 1));
    this.#waiting.set(key, { dueMs, timer });
  }

  /** Drops what is queued; later additions are ignored. */
  close(): void {
    this.#closed = true;
    if (this.#turn) clearImmediate(this.#turn);
    for (const { timer } of this.#waiting.values()) clearTimeout(timer);
    this.#waiting.clear();
    this.#ready.clear();
  }

  /** Adds `key` again after its back-off, which grows with each failure. */
  #retry(key: string): void {
    const failures = this.#failures.get(key) ?? 0;
    this.#failures.set(key, failures + 1);
    this.addAfter(key, Math.min(this.#backOff.firstMs * 2 ** failures, this.#backOff.maxMs));
  }

  #due(key: string): void {
    this.#waiting.delete(key);
    this.add(key);
  }

  /** The boundary of all controllers: whatever a step throws ends here. */
  #processOne(key: string): void {
    try {
      this.#process(key);
      this.#failures.delete(key);
    } catch (error) {
      this.#failed(key, error);
      this.#retry(key);
    }
  }

  #work(): void {
    this.#turn = undefined;
    const until = performance.now() + turnMs;
    for (const key of this.#ready) {
      this.#ready.delete(key);
      this.#processOne(key);
      if (this.#closed || performance.now() >= until) break;
    }
    if (this.#ready.size > 0 && !this.#closed) this.#turn ??= setImmediate(() => this.#work());
  }
}
