import { randomUUID } from "node:crypto";
import { type Client, KubeApiError, type ObjectKey } from "@moorage/kube-client";
import type { ResourceType } from "@moorage/kube-types";
import type { Span } from "@opentelemetry/api";
import type { Logger } from "pino";
import type { Cache } from "../cache/cache.ts";
import { keyText, parseKey, typeText } from "../cache/object-key.ts";
import type { Clock } from "../clock.ts";
import type { ClusterView } from "../cluster-view.ts";
import type { Controller } from "../controller.ts";
import type { EventRecorder } from "../events/event-recorder.ts";
import type { Extensions } from "../extension.ts";
import type { Metrics, ReconcileResult } from "../metrics.ts";
import { TerminalError } from "../outcome.ts";
import { FailureBrake, type FailureBrakeOptions } from "../queue/failure-brake.ts";
import { KeyBackoff, type KeyBackoffOptions } from "../queue/key-backoff.ts";
import { priorities, WorkQueue } from "../queue/work-queue.ts";
import { declareKinds } from "./controller-kinds.ts";
import { ControllerReads } from "./controller-reads.ts";
import { declareMetrics } from "./declare-metrics.ts";
import { isNamespaceTerminating, isStale, ReconcileTimeout } from "./reconcile-error.ts";
import { type PassResult, Reconciler } from "./reconciler.ts";
import { runSource } from "./run-source.ts";
import { timedPass } from "./timed-pass.ts";
import { traceFailure, tracePass } from "./trace-pass.ts";
import { Triggers } from "./triggers.ts";

const defaultConcurrency = 4;
const defaultTimeoutMs = 60_000;
/** The cache was behind; by then it is not. */
const staleRetryMs = 200;

export interface RunnerOptions {
  controller: Controller;
  client: Client;
  cache: Cache;
  clock: Clock;
  recorder: EventRecorder;
  metrics: Metrics;
  log: Logger;
  managerPrefix: string;
  extensions: Extensions;
  /** Slows down when most passes fail. Default: never. */
  brake?: FailureBrakeOptions | undefined;
  /** Every object is looked at again so often, from the cache. Default: never. */
  resyncEveryMs?: number | undefined;
  backoff?: KeyBackoffOptions | undefined;
}

/**
 * Runs one controller: its queue, its workers, its retries.
 *
 * *Guarantees*: one key is never worked on twice at once, also when a pass outlives its time; a failed key comes
 * back with growing delays; whatever a reconciler throws harms no other key.
 */
export class ControllerRunner {
  readonly controller: Controller;
  readonly queue: WorkQueue;
  readonly #options: RunnerOptions;
  readonly #reads: ControllerReads;
  readonly #reconciler: Reconciler;
  readonly #triggers: Triggers;
  readonly #backoff: KeyBackoff;
  readonly #brake: FailureBrake;
  readonly #uids = new Map<string, string>();
  readonly #workers = new Set<Promise<void>>();
  #concurrency: number;
  readonly #stop = new AbortController();

  constructor(options: RunnerOptions) {
    this.#options = options;
    this.controller = options.controller;
    this.#backoff = new KeyBackoff(options.backoff);
    this.#brake = new FailureBrake(options.clock, options.brake ?? { spacingMs: 0 });
    this.#concurrency = options.controller.concurrency ?? defaultConcurrency;
    this.queue = new WorkQueue(options.clock, this.#queueObserver());
    declareKinds(options.controller, options.cache);
    this.#reads = new ControllerReads(options.controller, options.cache);
    this.#reconciler = new Reconciler({ ...options, reads: this.#reads, onApplyError: this.#countApplyError });
    this.#triggers = this.#newTriggers();
    options.metrics.declare(this.controller.name, this.#concurrency);
    declareMetrics(options.controller, options.metrics, {
      objects: () => options.cache.list(options.controller.for),
      view: this.#view(),
    });
    this.#triggers.connect();
    options.cache.subscribe(this.controller.for, ({ before, after }) => {
      if (!before && after) options.extensions.tell("created", after);
      if (before && !after) options.extensions.tell("deleted", before);
    });
  }

  /** Starts the workers and what else wants to say when to work. */
  start(): void {
    this.#hire();
    this.#scheduleResync();
    const { clock, log } = this.#options;
    const context = { clock, log: log.child({ controller: this.controller.name }), signal: this.#stop.signal };
    for (const source of this.controller.sources ?? []) {
      void runSource(source, (key) => this.trigger(key), context);
    }
  }

  /** Has an object reconciled, for a reason that is no change in the cluster. */
  trigger({ namespace, name }: ObjectKey): void {
    this.queue.add(keyText(this.controller.for.namespaced ? { namespace, name } : { name }));
  }

  /** Another number of reconciles at the same time, from now on; those that run end first. */
  setConcurrency(concurrency: number): void {
    if (!Number.isInteger(concurrency) || concurrency < 1) {
      throw new RangeError(
        `Cannot run controller "${this.controller.name}" with concurrency ${concurrency}: use 1 or more`,
      );
    }
    this.#concurrency = concurrency;
    this.#options.metrics.maxWorkers.set({ controller: this.controller.name }, concurrency);
    if (this.#workers.size > 0) this.#hire();
  }

  /** The share of failures among the last passes. */
  get failureRatio(): number {
    return this.#brake.ratio;
  }

  /** Takes no more keys, aborts what runs after `graceMs`, and resolves when every pass has ended. */
  async stop(graceMs: number): Promise<void> {
    this.queue.shutDown();
    const cancel = this.#options.clock.schedule(graceMs, () => this.abort(new Error("The controller stops")));
    await Promise.all(this.#workers);
    cancel();
    this.#stop.abort(new Error("The controller stops"));
  }

  /** Takes no more keys and aborts what runs, at once: leadership is lost. */
  abort(reason: Error): void {
    this.queue.shutDown();
    this.#stop.abort(reason);
  }

  /** Works on the most urgent key, if one waits; for tests that go pass by pass. */
  async step(): Promise<boolean> {
    if (this.queue.depth === 0) return false;
    const key = await this.queue.take();
    if (key === undefined) return false;
    await this.#process(key);
    return true;
  }

  #hire(): void {
    while (this.#workers.size < this.#concurrency) {
      const worker: Promise<void> = this.#work().finally(() => this.#workers.delete(worker));
      this.#workers.add(worker);
    }
  }

  async #work(): Promise<void> {
    while (this.#workers.size <= this.#concurrency) {
      await this.#braked();
      const key = await this.queue.take();
      if (key === undefined) return;
      await this.#process(key);
    }
  }

  async #braked(): Promise<void> {
    const delayMs = this.#brake.reserve();
    if (delayMs <= 0) return;
    const { signal } = this.#stop;
    await new Promise<void>((resolve) => {
      const stopped = () => {
        cancel();
        resolve();
      };
      const cancel = this.#options.clock.schedule(delayMs, () => {
        signal.removeEventListener("abort", stopped);
        resolve();
      });
      signal.addEventListener("abort", stopped, { once: true });
    });
  }

  #scheduleResync(): void {
    const { resyncEveryMs, clock, cache } = this.#options;
    const { signal } = this.#stop;
    if (!resyncEveryMs) return;
    const cancel = clock.schedule(resyncEveryMs, () => {
      for (const { metadata } of cache.list(this.controller.for)) this.queue.add(keyText(metadata), priorities.initial);
      signal.removeEventListener("abort", cancel);
      this.#scheduleResync();
    });
    signal.addEventListener("abort", cancel, { once: true });
  }

  /** One pass with everything around it. Never throws. */
  #process(key: string): Promise<void> {
    const { namespace = "", name } = parseKey(key);
    const { kind } = this.controller.for;
    const about = { controller: this.controller.name, kind, namespace, name, reconcileID: randomUUID() };
    return tracePass(about, (span) => this.#observedPass(key, this.#options.log.child(about), span));
  }

  async #observedPass(key: string, log: Logger, span: Span): Promise<ReconcileResult> {
    const { clock, metrics } = this.#options;
    const { name: controller } = this.controller;
    const startedAt = clock.monotonic();
    metrics.activeWorkers.inc({ controller });
    const timeoutMs = this.controller.timeoutMs ?? defaultTimeoutMs;
    const pass = timedPass({ clock, timeoutMs, outer: this.#stop.signal }, (signal) => this.#pass(key, log, signal));
    // The key stays taken until its pass has really ended, though the worker goes on after the timeout.
    void pass.ended.then(() => this.queue.done(key));
    let writes = 0;
    const result = await pass.result.then(
      (passed) => {
        writes = passed.writes;
        if (passed.error !== undefined) traceFailure(span, passed.error);
        return this.#succeeded(key, passed, log);
      },
      (error: unknown) => {
        traceFailure(span, error);
        return this.#failed(key, error, log);
      },
    );
    metrics.activeWorkers.dec({ controller });
    const durationMs = clock.monotonic() - startedAt;
    metrics.reconciled(controller, { result, durationMs });
    this.#brake.observe(result === "error");
    // What changed something is worth a line; the many that only looked are there at level debug.
    if (writes > 0) log.info({ result, durationMs, writes }, "Reconciled");
    else log.debug({ result, durationMs }, "Reconciled");
    return result;
  }

  async #pass(key: string, log: Logger, signal: AbortSignal): Promise<PassResult> {
    const objectKey = parseKey(key);
    const object = this.#options.cache.find(this.controller.for, objectKey);
    this.#remember(key, object?.metadata.uid);
    return this.#reconciler.pass(objectKey, log, signal);
  }

  /** Forgets what is known of the object that had this name before. */
  #remember(key: string, uid: string | undefined): void {
    const before = this.#uids.get(key);
    if (before !== undefined && before !== uid) {
      this.#reconciler.forget(before);
      this.#backoff.forget(key);
    }
    if (uid === undefined) this.#uids.delete(key);
    else this.#uids.set(key, uid);
  }

  #succeeded(key: string, passed: PassResult, log: Logger): ReconcileResult {
    this.#triggers.block(key, passed.conflicts);
    if (passed.error !== undefined) return this.#failed(key, passed.error, log);
    this.#backoff.forget(key);
    if (passed.requeueAfterMs === undefined) return "success";
    this.queue.addAfter(key, passed.requeueAfterMs);
    return "requeue_after";
  }

  #failed(key: string, error: unknown, log: Logger): ReconcileResult {
    const { metrics } = this.#options;
    const controller = this.controller.name;
    if (this.#stop.signal.aborted) return "requeue";
    if (isNamespaceTerminating(error)) return "success";
    if (isStale(error)) {
      this.queue.addAfter(key, staleRetryMs);
      return "requeue";
    }
    if (error instanceof ReconcileTimeout) metrics.timedOut(controller);
    if (!(error instanceof Error)) metrics.panics.inc({ controller });
    this.#tellUser(key, error);
    if (error instanceof TerminalError) {
      metrics.terminal(controller);
      log.error({ err: error }, "Cannot reconcile, and trying again will not help");
      return "error";
    }
    const delayMs = this.#backoff.failed(key);
    metrics.queueRetries.inc({ controller, name: controller });
    log.error(
      { err: error, failures: this.#backoff.failures(key), retryInMs: Math.round(delayMs) },
      "Cannot reconcile",
    );
    this.queue.addAfter(key, delayMs);
    return "error";
  }

  #tellUser(key: string, error: unknown): void {
    // A server that is away or busy is the operator's trouble, not the object's.
    const passing = error instanceof KubeApiError && (error.code === 0 || error.code >= 429);
    const object = this.#options.cache.find(this.controller.for, parseKey(key));
    if (!object) return;
    void this.#reconciler.reportFailure(object, error);
    if (!passing) this.#reconciler.tellFailure(object, error);
  }

  #countApplyError = (type: ResourceType, creating: boolean): void => {
    const { name: controller, metrics: own = [] } = this.controller;
    const operation = creating ? "create" : "update";
    this.#options.metrics.childErrors.inc({ controller, kind: type.kind, operation });
    for (const metric of own) {
      if (!creating || metric.kind !== "creationErrors" || typeText(metric.type) !== typeText(type)) continue;
      this.#options.metrics.creationErrors(metric).inc(metric.labels);
    }
  };

  /** What the controller sees outside a pass. */
  #view(): ClusterView {
    const { client, clock, log } = this.#options;
    return this.#reads.view({
      now: () => new Date(clock.now()),
      signal: this.#stop.signal,
      log: log.child({ controller: this.controller.name }),
      client,
    });
  }

  #newTriggers(): Triggers {
    const { cache } = this.#options;
    return new Triggers({
      controller: this.controller,
      cache,
      writer: this.#reconciler.manager,
      view: this.#view(),
      add: (key, priority) => this.queue.add(key, priority),
      gone: (childId) => this.#reconciler.forgetChild(childId),
    });
  }

  #queueObserver() {
    const { metrics } = this.#options;
    const labels = { controller: this.controller.name, name: this.controller.name };
    return {
      added: () => metrics.queueAdds.inc(labels),
      started: (waitedMs: number) => metrics.queueWait.observe(labels, waitedMs / 1000),
      finished: (workedMs: number) => metrics.queueWork.observe(labels, workedMs / 1000),
    };
  }
}
