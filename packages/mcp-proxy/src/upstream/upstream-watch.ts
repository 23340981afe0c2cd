import type { Connect } from "../connection.ts";
import type { Log } from "../observability/log.ts";
import { type HandshakeFailure, type ServerDescription, shakeHands } from "./handshake.ts";

const initialWaitMs = 1000;
const maximumWaitMs = 30_000;

export interface UpstreamState {
  readonly server: ServerDescription | undefined;
  readonly error: HandshakeFailure | undefined;
}

export interface WatchOptions {
  readonly connect: Connect;
  readonly timeoutMs: () => number;
  /** A success is trusted for this long; only then may a probe cause another handshake. */
  readonly trustMs: number;
  readonly log: Log;
}

/**
 * Knows whether the server works, by real handshakes: at the start until one succeeds (after 1 s, 2 s … 30 s), again
 * when a session loses its server, and when someone asks after the last success has grown old. However many ask,
 * one handshake runs at a time.
 */
export class UpstreamWatch {
  readonly #options: WatchOptions;
  readonly #abort = new AbortController();
  #state: UpstreamState = { server: undefined, error: undefined };
  #checkedAt = Number.NEGATIVE_INFINITY;
  #waitMs = initialWaitMs;
  #timer: NodeJS.Timeout | undefined;
  #running: Promise<void> | undefined;

  constructor(options: WatchOptions) {
    this.#options = options;
  }

  get state(): UpstreamState {
    return this.#state;
  }

  /** Whether the last handshake succeeded. Asking may start another one; it does not wait for it. */
  get ready(): boolean {
    if (performance.now() - this.#checkedAt > this.#options.trustMs) this.check();
    return this.#state.server !== undefined && this.#state.error === undefined;
  }

  /** A call was answered: as good as a handshake. */
  confirm(): void {
    if (this.#state.error === undefined) this.#checkedAt = performance.now();
  }

  /** Shakes hands now, unless that is going on already. */
  check(): void {
    if (this.#abort.signal.aborted || this.#running) return;
    clearTimeout(this.#timer);
    this.#running = this.#check()
      .catch((error: unknown) => this.#options.log.error({ err: error }, "The handshake failed unexpectedly"))
      .finally(() => {
        this.#running = undefined;
      });
  }

  /** Abandons what is going on and resolves when no process of it is left. */
  async close(): Promise<void> {
    this.#abort.abort();
    clearTimeout(this.#timer);
    await this.#running;
  }

  async #check(): Promise<void> {
    const { connect, timeoutMs, log } = this.#options;
    const result = await shakeHands(connect, { timeoutMs: timeoutMs(), signal: this.#abort.signal });
    if (this.#abort.signal.aborted) return;
    this.#checkedAt = performance.now();
    if (result.ok) {
      this.#waitMs = initialWaitMs;
      if (!this.#state.server || this.#state.error) log.info({ upstream: result.upstream }, "The server is ready");
      this.#state = { server: result.upstream, error: undefined };
      return;
    }
    const { reason, message } = result.error;
    log.warn({ reason, retryInSeconds: this.#waitMs / 1000 }, message);
    this.#state = { server: this.#state.server, error: result.error };
    this.#timer = setTimeout(() => this.check(), this.#waitMs);
    this.#waitMs = Math.min(this.#waitMs * 2, maximumWaitMs);
  }
}
