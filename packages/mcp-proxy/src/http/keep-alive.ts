interface Open {
  keepAlive(): void;
}

/** Wakes every open response at an interval, with one timer for all of them. */
export class KeepAlive {
  /** Responses opened since the last turn are spared once, so that each waits at least one whole interval. */
  readonly #fresh = new Set<Open>();
  readonly #waiting = new Set<Open>();
  readonly #timer: NodeJS.Timeout;

  constructor(intervalMs: number) {
    this.#timer = setInterval(() => this.#turn(), intervalMs);
    this.#timer.unref();
  }

  add(open: Open): void {
    this.#fresh.add(open);
  }

  delete(open: Open): void {
    if (!this.#fresh.delete(open)) this.#waiting.delete(open);
  }

  close(): void {
    clearInterval(this.#timer);
  }

  #turn(): void {
    for (const open of [...this.#waiting]) open.keepAlive();
    for (const open of this.#fresh) this.#waiting.add(open);
    this.#fresh.clear();
  }
}
