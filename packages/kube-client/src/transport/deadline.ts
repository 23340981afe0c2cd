/**
 * A time limit for one call, on top of the caller's own signal.
 *
 * Not `AbortSignal.timeout()` and `any()`: these stay in memory until the time is up, however early the call ended,
 * and at a hundred calls a second and a limit of a minute that is six thousand of them.
 */
export class Deadline {
  readonly #controller = new AbortController();
  readonly #outer: AbortSignal | undefined;
  readonly #onOuterAbort = () => this.#controller.abort(this.#outer?.reason);
  readonly #timer: NodeJS.Timeout;
  #passed = false;

  constructor(limitMs: number, outer?: AbortSignal) {
    this.#outer = outer;
    if (outer?.aborted) this.#onOuterAbort();
    outer?.addEventListener("abort", this.#onOuterAbort, { once: true });
    this.#timer = setTimeout(() => this.#pass(limitMs), limitMs);
    this.#timer.unref();
  }

  /** Aborts when the time is up, and when the caller's signal does. */
  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  get passed(): boolean {
    return this.#passed;
  }

  /** The call is over: nothing of the limit stays behind. */
  end(): void {
    clearTimeout(this.#timer);
    this.#outer?.removeEventListener("abort", this.#onOuterAbort);
  }

  #pass(limitMs: number): void {
    this.#passed = true;
    this.#controller.abort(new Error(`No answer within ${limitMs} ms`));
  }
}
