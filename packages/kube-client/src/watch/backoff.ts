/** Delays of client-go's reflector: 800 ms to 30 s, doubling, up to twice as long by jitter, forgotten after 2 min. */
export interface BackoffTiming {
  baseMs: number;
  maxMs: number;
  resetAfterMs: number;
}

/** Exponential back-off with full-range jitter that forgets after a quiet time. */
export class Backoff {
  readonly #timing: BackoffTiming;
  readonly #now: () => number;
  readonly #random: () => number;
  #step = 0;
  #usedAt = Number.NEGATIVE_INFINITY;

  constructor(timing: BackoffTiming, now: () => number = () => performance.now(), random: () => number = Math.random) {
    this.#timing = timing;
    this.#now = now;
    this.#random = random;
  }

  /** The next delay in milliseconds: between one and two times `base × 2^n`, capped. */
  next(): number {
    const now = this.#now();
    if (now - this.#usedAt > this.#timing.resetAfterMs) this.#step = 0;
    const delayMs = Math.min(this.#timing.maxMs, this.#timing.baseMs * 2 ** this.#step);
    this.#step = Math.min(this.#step + 1, 30);
    this.#usedAt = now;
    return delayMs * (1 + this.#random());
  }
}
