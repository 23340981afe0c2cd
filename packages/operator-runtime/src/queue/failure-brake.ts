import type { Clock } from "../clock.ts";

export interface FailureBrakeOptions {
  /** From this share of failures on the brake works, between 0 and 1. Default 0.5. */
  ratio?: number;
  /** The last so many results are looked at. Default 100; with fewer than a fifth of them it never works. */
  window?: number;
  /** Between two starts while it works, in milliseconds. Default 500. */
  spacingMs?: number;
}

/**
 * Slows a controller down when most of what it does fails: something all its objects need is broken, and hammering
 * on it helps nobody. Single keys back off by themselves; this is for many keys failing once each.
 */
export class FailureBrake {
  readonly #clock: Clock;
  readonly #ratio: number;
  readonly #window: number;
  readonly #spacingMs: number;
  readonly #results: boolean[] = [];
  #failures = 0;
  #nextStartAt = 0;

  constructor(clock: Clock, options: FailureBrakeOptions = {}) {
    const { ratio = 0.5, window = 100, spacingMs = 500 } = options;
    if (!(ratio > 0 && ratio <= 1 && window >= 5 && spacingMs >= 0)) {
      throw new RangeError(
        `Cannot brake at ratio ${ratio}, window ${window}, spacing ${spacingMs} ms: use 0 < ratio <= 1, window >= 5`,
      );
    }
    this.#clock = clock;
    this.#ratio = ratio;
    this.#window = window;
    this.#spacingMs = spacingMs;
  }

  /** The share of failures among the last results. */
  get ratio(): number {
    return this.#results.length === 0 ? 0 : this.#failures / this.#results.length;
  }

  observe(failed: boolean): void {
    this.#results.push(failed);
    if (failed) this.#failures += 1;
    if (this.#results.length > this.#window && this.#results.shift()) this.#failures -= 1;
  }

  /** How long the next start has to wait, in milliseconds; the start after that waits for this one. */
  reserve(): number {
    const works = this.#results.length >= this.#window / 5 && this.ratio >= this.#ratio;
    if (!works) return 0;
    const now = this.#clock.monotonic();
    const startAt = Math.max(now, this.#nextStartAt);
    this.#nextStartAt = startAt + this.#spacingMs;
    return startAt - now;
  }
}
