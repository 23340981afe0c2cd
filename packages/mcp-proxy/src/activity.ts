/** What clients are doing with the server: an operator scales it by this. */
export interface ActivityReport {
  /** Requests being worked on, held ones included; streams that only listen are not. */
  readonly inFlight: number;
  /** Requests that wait for a server to be there. */
  readonly held: number;
  /** Legacy sessions that would lose their server process or upstream session if the server were stopped. */
  readonly sessions: number;
  /** Since a request last arrived or was answered; null where none has come since the start. */
  readonly lastRequestSecondsAgo: number | null;
}

/** Counts the requests that need the server. Those that are refused before, or that the proxy answers itself, do not count. */
export class Activity {
  #inFlight = 0;
  #held = 0;
  /** Milliseconds of the monotonic clock. */
  #lastRequest: number | undefined;

  get held(): number {
    return this.#held;
  }

  report(sessions: number): ActivityReport {
    const last = this.#lastRequest;
    const lastRequestSecondsAgo = last === undefined ? null : Math.round((performance.now() - last) / 100) / 10;
    return { inFlight: this.#inFlight, held: this.#held, sessions, lastRequestSecondsAgo };
  }

  /** Counts a request for as long as `work` takes. */
  async during<T>(work: () => Promise<T>): Promise<T> {
    this.#inFlight += 1;
    this.touch();
    try {
      return await work();
    } finally {
      this.#inFlight -= 1;
      this.touch();
    }
  }

  /** Counts a request that waits for the server. */
  async whileHeld<T>(wait: () => Promise<T>): Promise<T> {
    this.#held += 1;
    try {
      return await wait();
    } finally {
      this.#held -= 1;
    }
  }

  touch(): void {
    this.#lastRequest = performance.now();
  }
}
