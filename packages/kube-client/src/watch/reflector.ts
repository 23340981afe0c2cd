import { setTimeout as sleep } from "node:timers/promises";
import type { KubeObject, ResourceType } from "@moorage/kube-types";
import type { Selection } from "../call-options.ts";
import type { Client } from "../client.ts";
import { isNotFound, KubeApiError } from "../kube-api-error.ts";
import { Backoff, type BackoffTiming } from "./backoff.ts";
import { afterFailure } from "./failure-plan.ts";
import { watch } from "./watch.ts";
import { endsInitialEvents, type WatchEvent } from "./watch-event.ts";

/** Who keeps the objects. Called in order, never concurrently, and never after the signal has aborted. */
export interface ReflectorSink<T extends KubeObject> {
  /** A complete picture follows: what is not upserted before `synced()` does not exist any more. */
  restarted(): void;
  upserted(object: T): void;
  removed(object: T): void;
  /** The picture is complete, as of `resourceVersion`. */
  synced(resourceVersion: string): void;
  /** Everything up to `resourceVersion` has been told. */
  progressed(resourceVersion: string): void;
  /**
   * The server has no such resource (yet, or any more): a CRD that is not installed.
   * @returns whether that is fine: then it is asked again after `unservedMs`, and nothing counts as failed.
   */
  unserved?(): boolean;
  /** A session ended badly; the next begins in so many milliseconds. */
  failed?(error: KubeApiError, retryInMs: number): void;
}

export interface ReflectorTiming {
  /** The longest silence while bookmarks flow: the server sends one a minute. */
  silenceMs: number;
  /** The longest silence while the initial events come. */
  initialSilenceMs: number;
  /** A watch is asked to end after a random time between these, so that many clients do not reconnect at once. */
  timeoutSeconds: readonly [number, number];
  /** Added to the timeout before a watch without bookmarks counts as dead. */
  graceMs: number;
  /** How often a server is asked for a kind that it does not serve and need not serve. */
  unservedMs: number;
  backoff: BackoffTiming;
}

/** Sources: client-go's reflector.go (290–590 s, back-off); kopf's 70 s of inactivity for bookmarks each 60 s. */
export const defaultTiming: ReflectorTiming = {
  silenceMs: 70_000,
  initialSilenceMs: 10_000,
  timeoutSeconds: [290, 590],
  graceMs: 30_000,
  unservedMs: 30_000,
  backoff: { baseMs: 800, maxMs: 30_000, resetAfterMs: 120_000 },
};

export interface ReflectorOptions<T extends KubeObject> extends Selection {
  client: Client;
  type: ResourceType<T>;
  sink: ReflectorSink<T>;
  metadataOnly?: boolean | undefined;
  /**
   * Asks for what there is on the watch itself (WatchList, KEP-3157) and not by pages of a list. Default: no, it costs
   * servers twice the work, see docs/adr/0008-list-by-pages-then-watch.md.
   */
  watchList?: boolean | undefined;
  timing?: Partial<ReflectorTiming> | undefined;
}

/** Half of what Go's clients ask for: decoding a page of large objects must not hold up other work. */
const pageSize = 250;

/** How a reflector is doing, for metrics and readiness. */
export interface ReflectorState {
  phase: "starting" | "syncing" | "watching" | "retrying" | "unserved";
  /** Times a complete picture was fetched. */
  syncs: number;
  /** Watch requests opened. */
  watches: number;
  /** Lines that were no event; each costs a complete picture. */
  malformed: number;
  /** When the server last said anything, in milliseconds since the epoch. */
  lastEventAt: number;
  /** Why the last session ended, if it ended badly and none has succeeded since. */
  lastError: KubeApiError | undefined;
}

/**
 * Keeps a sink equal to a collection on the server, for as long as it runs.
 *
 * *Guarantees*: it never gives up: every failure is retried with back-off, Retry-After is honoured; a dead
 * connection is noticed; a resume continues at the last version told (events or bookmarks), and when the server has
 * forgotten that version a complete picture follows; `run()` resolves only when its connection is closed.
 * *Caveats*: several changes of one object while disconnected arrive as one.
 */
export class Reflector<T extends KubeObject> {
  readonly #options: ReflectorOptions<T>;
  readonly #timing: ReflectorTiming;
  readonly #backoff: Backoff;
  readonly #state: ReflectorState;
  #resourceVersion: string | undefined;
  /** It is wanted, and the server knows it, as far as is known. */
  #watchList: boolean;
  /** The server ended a watch amid the initial events. */
  #cutShort = false;
  /** The server sends bookmarks, so silence means something. */
  #bookmarks = false;
  #running = false;

  constructor(options: ReflectorOptions<T>) {
    this.#options = options;
    this.#timing = { ...defaultTiming, ...options.timing };
    this.#backoff = new Backoff(this.#timing.backoff);
    this.#watchList = options.watchList ?? false;
    this.#state = { phase: "starting", syncs: 0, watches: 0, malformed: 0, lastEventAt: 0, lastError: undefined };
  }

  get state(): Readonly<ReflectorState> {
    return this.#state;
  }

  /** Runs until `signal` aborts. @throws Error when it runs already. */
  async run(signal: AbortSignal): Promise<void> {
    if (this.#running) throw new Error(`Cannot watch ${this.#options.type.plural}: this reflector runs already`);
    this.#running = true;
    while (!signal.aborted) {
      const delayMs = await this.#session(signal);
      if (delayMs > 0) await sleep(delayMs, undefined, { signal }).catch(() => {});
    }
    this.#running = false;
  }

  /** One connection's life. @returns how long to wait before the next, in milliseconds. */
  async #session(signal: AbortSignal): Promise<number> {
    const startedAt = performance.now();
    try {
      const byPages = !this.#watchList || this.#cutShort;
      if (this.#resourceVersion === undefined && byPages) await this.#syncByPages(signal);
      await this.#follow(signal);
      // kube-apiserver does so when more changes come meanwhile than it keeps for one watch. Pages have no such limit.
      if (this.#resourceVersion === undefined) {
        this.#cutShort = true;
        return 0;
      }
      // A server that ends watches at once must not be asked again at once.
      return performance.now() - startedAt > 1000 ? 0 : this.#backoff.next();
    } catch (error) {
      if (signal.aborted) return 0;
      return this.#failed(error);
    }
  }

  #failed(error: unknown): number {
    const state = this.#state;
    if (isNotFound(error) && this.#options.sink.unserved?.()) {
      this.#resourceVersion = undefined;
      Object.assign(state, { phase: "unserved", lastEventAt: Date.now(), lastError: undefined });
      // Many operators that wait for one CRD must not all ask at the same moment.
      return this.#timing.unservedMs * (0.75 + Math.random() / 2);
    }
    const plan = afterFailure(error, { initial: this.#resourceVersion === undefined && this.#watchList });
    if (plan.malformed) state.malformed += 1;
    if (plan.dropVersion) this.#resourceVersion = undefined;
    if (plan.fallBackToPages) this.#watchList = false;
    state.phase = "retrying";
    // A sink that throws is a bug of ours: it is told like a failed connection, and the next picture repairs it.
    const failure =
      error instanceof KubeApiError ? error : new KubeApiError(String(error), { code: 0, reason: "Bug", cause: error });
    state.lastError = failure;
    const retryInMs = Math.max(plan.retryAfterMs, plan.atOnce ? 0 : this.#backoff.next());
    if (!plan.atOnce) this.#options.sink.failed?.(failure, retryInMs);
    return retryInMs;
  }

  async #syncByPages(signal: AbortSignal): Promise<void> {
    const { client, type, sink, namespace, labelSelector, fieldSelector, metadataOnly } = this.#options;
    this.#state.phase = "syncing";
    sink.restarted();
    let version: string | undefined;
    const selection = { namespace, labelSelector, fieldSelector, metadataOnly, limit: pageSize };
    for await (const page of client.pages(type, { ...selection, signal })) {
      this.#state.lastEventAt = Date.now();
      for (const [index, object] of page.items.entries()) {
        // Other work gets its turn.
        if (index % 100 === 0) await new Promise(setImmediate);
        signal.throwIfAborted();
        sink.upserted(object);
      }
      version = page.metadata.resourceVersion;
    }
    signal.throwIfAborted();
    this.#complete(version ?? "0");
  }

  async #follow(signal: AbortSignal): Promise<void> {
    const { client, type, sink, namespace, labelSelector, fieldSelector, metadataOnly } = this.#options;
    const initial = this.#resourceVersion === undefined;
    if (initial) {
      this.#state.phase = "syncing";
      sink.restarted();
    }
    const timeoutSeconds = this.#timeoutSeconds();
    this.#state.watches += 1;
    const batches = watch(client, type, {
      ...{ namespace, labelSelector, fieldSelector, metadataOnly, signal, timeoutSeconds },
      ...(initial ? { sendInitialEvents: true } : { resourceVersion: this.#resourceVersion }),
      silenceLimitMs: () => this.#silenceLimitMs(timeoutSeconds),
    });
    for await (const events of batches) {
      // An abort may come between two batches that are decoded already.
      signal.throwIfAborted();
      this.#state.lastEventAt = Date.now();
      for (const event of events) this.#told(event);
    }
  }

  #told(event: WatchEvent<T>): void {
    const { sink } = this.#options;
    const version = event.object.metadata.resourceVersion ?? "";
    if (event.type === "BOOKMARK") {
      this.#bookmarks = true;
      if (this.#resourceVersion === undefined && endsInitialEvents(event)) this.#complete(version);
    } else if (event.type === "DELETED") sink.removed(event.object);
    else sink.upserted(event.object);
    // Before the picture is complete there is no version to resume from.
    if (this.#resourceVersion === undefined) return;
    this.#resourceVersion = version;
    this.#state.phase = "watching";
    this.#state.lastError = undefined;
    sink.progressed(version);
  }

  #complete(version: string): void {
    this.#resourceVersion = version;
    this.#cutShort = false;
    this.#state.syncs += 1;
    this.#state.phase = "watching";
    this.#state.lastError = undefined;
    this.#options.sink.synced(version);
  }

  #timeoutSeconds(): number {
    const [least, most] = this.#timing.timeoutSeconds;
    return Math.round(least + Math.random() * (most - least));
  }

  #silenceLimitMs(timeoutSeconds: number): number {
    if (this.#resourceVersion === undefined) return this.#timing.initialSilenceMs;
    return this.#bookmarks ? this.#timing.silenceMs : timeoutSeconds * 1000 + this.#timing.graceMs;
  }
}
