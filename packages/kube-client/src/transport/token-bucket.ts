import { setTimeout as sleep } from "node:timers/promises";

/** Client-side throttling: `qps` requests a second on average, up to `burst` at once. */
export interface Throttle {
  qps: number;
  burst: number;
}

/**
 * A token bucket: `take()` resolves when a request may go.
 *
 * *Guarantees*: first come, first served; at most `burst + qps × t` requests in any `t` seconds.
 */
export class TokenBucket {
  readonly #qps: number;
  readonly #burst: number;
  readonly #now: () => number;
  #tokens: number;
  #refilledAt: number;

  constructor(throttle: Throttle, now: () => number = () => performance.now()) {
    if (!(throttle.qps > 0 && throttle.burst >= 1)) {
      throw new RangeError(
        `Cannot throttle to ${throttle.qps} requests/s, burst ${throttle.burst}: use qps > 0, burst >= 1`,
      );
    }
    this.#qps = throttle.qps;
    this.#burst = throttle.burst;
    this.#now = now;
    this.#tokens = throttle.burst;
    this.#refilledAt = now();
  }

  async take(signal?: AbortSignal): Promise<void> {
    const waitMs = this.reserve();
    if (waitMs > 0) await sleep(waitMs, undefined, signal ? { signal } : {});
  }

  /** Takes a token, possibly one that is still to come; says in how many milliseconds it is there. */
  reserve(): number {
    const now = this.#now();
    this.#tokens = Math.min(this.#burst, this.#tokens + ((now - this.#refilledAt) / 1000) * this.#qps);
    this.#refilledAt = now;
    this.#tokens -= 1;
    return this.#tokens >= 0 ? 0 : (-this.#tokens / this.#qps) * 1000;
  }
}
