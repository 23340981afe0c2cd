import type { Connect } from "../connection.ts";
import type { Log } from "../observability/log.ts";
import { isAbsence } from "./absence.ts";
import { type HandshakeFailure, shakeHands } from "./handshake.ts";
import type { ServerDescription } from "./server-description.ts";

/** How long to wait after a failed handshake, doubling from the first to the last. */
interface Waits {
  readonly firstMs: number;
  readonly lastMs: number;
}

/** A handshake that got as far as a server has cost it a process. */
const afterFailure: Waits = { firstMs: 1000, lastMs: 30_000 };
/** Finding nobody costs nothing, and a pod that has just started is there in a moment. */
const whileAbsent: Waits = { firstMs: 100, lastMs: 2000 };
/** Someone waits for it. */
const whileAwaited: Waits = { firstMs: 100, lastMs: 250 };

/** A server's pod that is replaced may count as ready a moment before it listens. */
const replacementMs = 5000;

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
 * Knows whether the server works, by real handshakes: at the start until one succeeds (with back-off), again
 * when a session loses its server, and when someone asks after the last success has grown old. However many ask,
 * one handshake runs at a time.
 */
export class UpstreamWatch {
  readonly #options: WatchOptions;
  readonly #abort = new AbortController();
  #state: UpstreamState = { server: undefined, error: undefined };
  #checkedAt = Number.NEGATIVE_INFINITY;
  #failures = 0;
  /** When the first call or handshake after a success failed. */
  #lostAt: number | undefined;
  #timer: NodeJS.Timeout | undefined;
  #running: Promise<void> | undefined;
  readonly #first = Promise.withResolvers<void>();
  /** Those who wait for the server; each is told whether it is up. */
  readonly #waiting = new Set<(up: boolean) => void>();

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

  /** Resolves when the first handshake is over, however it ended. */
  get settled(): Promise<void> {
    return this.#first.promise;
  }

  /** Whether no server is there at all, as far as is known. */
  get absent(): boolean {
    const { server, error } = this.#state;
    return error ? isAbsence(error.reason) : server === undefined;
  }

  /** For how much longer a server that has worked may be expected back. */
  get graceMs(): number {
    if (!this.#state.server) return 0;
    return this.#lostAt === undefined ? replacementMs : this.#lostAt + replacementMs - performance.now();
  }

  /** A call found nobody there: the last handshake tells nothing any more. */
  missed(message: string): void {
    if (this.#state.error || this.#abort.signal.aborted) return;
    clearTimeout(this.#timer);
    this.#fail({ reason: "ConnectionRefused", message });
  }

  /** Resolves with true once a handshake succeeds; with false after `ms`, when `signal` fires, and when the watch is closed. */
  up(ms: number, signal: AbortSignal): Promise<boolean> {
    if (this.#abort.signal.aborted || signal.aborted || ms <= 0) return Promise.resolve(false);
    return new Promise((resolve) => {
      const done = (up: boolean) => {
        this.#waiting.delete(done);
        clearTimeout(timer);
        signal.removeEventListener("abort", onAbort);
        resolve(up);
      };
      const onAbort = () => done(false);
      const timer = setTimeout(onAbort, ms);
      signal.addEventListener("abort", onAbort);
      this.#waiting.add(done);
      if (this.#waiting.size === 1) this.#hurry();
    });
  }

  /** Lets those go who wait: the proxy is stopping. */
  release(): void {
    this.#tell(false);
  }

  /** Shakes hands now, unless that is going on already. */
  check(): void {
    if (this.#abort.signal.aborted || this.#running) return;
    clearTimeout(this.#timer);
    this.#running = this.#check()
      .catch((error: unknown) => this.#options.log.error({ err: error }, "The handshake failed unexpectedly"))
      .finally(() => {
        this.#first.resolve();
        this.#running = undefined;
      });
  }

  /** Abandons what is going on and resolves when no process of it is left. */
  async close(): Promise<void> {
    this.#abort.abort();
    clearTimeout(this.#timer);
    this.release();
    await this.#running;
  }

  #tell(up: boolean): void {
    for (const done of [...this.#waiting]) done(up);
  }

  /** Whoever waits does not want to wait for the rest of a long pause. */
  #hurry(): void {
    if (this.#running) return;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.check(), whileAwaited.firstMs);
  }

  async #check(): Promise<void> {
    const { connect, timeoutMs, log } = this.#options;
    const result = await shakeHands(connect, { timeoutMs: timeoutMs(), signal: this.#abort.signal });
    if (this.#abort.signal.aborted) return;
    this.#checkedAt = performance.now();
    if (result.ok) {
      this.#failures = 0;
      this.#lostAt = undefined;
      if (!this.#state.server || this.#state.error) log.info({ upstream: result.upstream }, "The server is ready");
      this.#state = { server: result.upstream, error: undefined };
      this.#tell(true);
      return;
    }
    this.#fail(result.error);
  }

  #fail(error: HandshakeFailure): void {
    const { reason, message } = error;
    const isNews = this.#state.error?.message !== message;
    if (isNews) this.#options.log.warn({ reason }, message);
    this.#state = { server: this.#state.server, error };
    this.#lostAt ??= performance.now();
    const { firstMs, lastMs } = this.#waitsAfter(reason);
    const waitMs = Math.min(firstMs * 2 ** this.#failures++, lastMs);
    this.#timer = setTimeout(() => this.check(), waitMs);
  }

  #waitsAfter(reason: string): Waits {
    if (!isAbsence(reason)) return afterFailure;
    return this.#waiting.size > 0 ? whileAwaited : whileAbsent;
  }
}
