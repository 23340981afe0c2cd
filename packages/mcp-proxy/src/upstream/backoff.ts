const initialMs = 1000;
const maximumMs = 60_000;
/** A server that lived this long before it failed is not one that keeps failing. */
const healthyMs = 60_000;

/** How long to wait before the next attempt: nothing after the first failure, then 1 s × 2 up to 60 s. */
export class Backoff {
  #failures = 0;
  #notBefore = 0;
  #lastFailure = 0;
  readonly #now: () => number;

  /** `now` is a monotonic clock in milliseconds. */
  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
  }

  failed(): void {
    const now = this.#now();
    this.#failures = now - this.#lastFailure > healthyMs ? 1 : this.#failures + 1;
    this.#lastFailure = now;
    if (this.#failures > 1) this.#notBefore = now + Math.min(initialMs * 2 ** (this.#failures - 2), maximumMs);
  }

  /** An attempt has succeeded: it may start at once. Failures still count until the server has lived for a while. */
  reset(): void {
    this.#notBefore = 0;
  }

  remainingMs(): number {
    return Math.max(0, this.#notBefore - this.#now());
  }
}
