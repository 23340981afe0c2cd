/** Why a stream was broken off: nothing came, no event, no bookmark and no end. */
export class SilenceError extends Error {
  constructor(limitMs: number) {
    super(`Nothing came for ${limitMs} ms`);
    this.name = "SilenceError";
  }
}

/**
 * Aborts a stream that has been silent for too long: on a half-open connection no error ever comes.
 *
 * *Guarantees*: `signal` aborts when the parent does, and when `limitMs` pass without `fed()`.
 */
export class Watchdog {
  readonly #controller = new AbortController();
  readonly #onParentAbort = () => this.#controller.abort(this.#parent.reason);
  readonly #parent: AbortSignal;
  #limitMs: number;
  #timer: NodeJS.Timeout | undefined;

  constructor(parent: AbortSignal, limitMs: number) {
    this.#parent = parent;
    this.#limitMs = limitMs;
    if (parent.aborted) this.#onParentAbort();
    parent.addEventListener("abort", this.#onParentAbort, { once: true });
    this.#arm();
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** Something came: the silence starts again. */
  fed(): void {
    this.#timer?.refresh();
  }

  /** Another limit from now on. */
  limit(limitMs: number): void {
    if (limitMs === this.#limitMs) return;
    this.#limitMs = limitMs;
    this.#arm();
  }

  /** Ends the watch: the timer is gone and the stream, if there still is one, is broken off. */
  stop(): void {
    clearTimeout(this.#timer);
    this.#parent.removeEventListener("abort", this.#onParentAbort);
    this.#controller.abort(new Error("The watch has ended"));
  }

  #arm(): void {
    clearTimeout(this.#timer);
    const limitMs = this.#limitMs;
    this.#timer = setTimeout(() => this.#controller.abort(new SilenceError(limitMs)), limitMs);
  }
}
