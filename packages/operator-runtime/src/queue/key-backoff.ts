export interface KeyBackoffOptions {
  /** Delay after the first failure. Default 1,000. */
  baseMs?: number;
  /** No delay is longer. Default 300,000. */
  maxMs?: number;
  /** Between 0 and 1; injected by tests. */
  random?: () => number;
}

/** Delays vary by this share, so that keys that failed together do not come back together. */
const jitter = 0.1;

/**
 * Counts failures per key and says how long to wait: 1 s, 2 s, 4 s … 5 min, each ±10 %.
 *
 * *Guarantees*: a success (`forget()`) starts over; there is no last attempt.
 */
export class KeyBackoff {
  readonly #baseMs: number;
  readonly #maxMs: number;
  readonly #random: () => number;
  readonly #failures = new Map<string, number>();

  constructor(options: KeyBackoffOptions = {}) {
    this.#baseMs = options.baseMs ?? 1_000;
    this.#maxMs = options.maxMs ?? 300_000;
    this.#random = options.random ?? Math.random;
    if (!(this.#baseMs > 0 && this.#maxMs >= this.#baseMs)) {
      throw new RangeError(`Cannot back off from ${this.#baseMs} ms to ${this.#maxMs} ms: use 0 < base <= max`);
    }
  }

  /** Counts a failure. @returns the delay before the next try, in milliseconds. */
  failed(key: string): number {
    const failures = this.#failures.get(key) ?? 0;
    this.#failures.set(key, failures + 1);
    const delayMs = Math.min(this.#maxMs, this.#baseMs * 2 ** Math.min(failures, 40));
    return Math.min(this.#maxMs, delayMs * (1 + jitter * (2 * this.#random() - 1)));
  }

  /** Failures in a row. */
  failures(key: string): number {
    return this.#failures.get(key) ?? 0;
  }

  forget(key: string): void {
    this.#failures.delete(key);
  }
}
