import { hostname } from "node:os";
import type { Client, ObjectKey } from "@moorage/kube-client";
import { groupResourceOf, type KubeObject } from "@moorage/kube-types";
import type { Logger } from "pino";
import type { Cache } from "./cache/cache.ts";
import { type Clock, systemClock } from "./clock.ts";
import { Clusters, managerPrefix } from "./clusters.ts";
import type { Controller } from "./controller.ts";
import { EventRecorder } from "./events/event-recorder.ts";
import { Extensions } from "./extension.ts";
import { Leadership } from "./leader/leadership.ts";
import { createLogger } from "./log.ts";
import type { ManagerOptions } from "./manager-options.ts";
import { Metrics } from "./metrics.ts";
import type { WorkQueue } from "./queue/work-queue.ts";
import { ControllerRunner } from "./reconcile/controller-runner.ts";
import type { ClusterOptions, RemoteCluster } from "./remote-cluster.ts";
import { registerRuntimeGauges } from "./runtime-gauges.ts";
import { answerChecks, type Check } from "./server/health.ts";
import { type HttpEndpoint, serveHttp, text } from "./server/http-endpoint.ts";
import { observedWebhookServer } from "./webhook/observed-webhook-server.ts";
import type { WebhookServer } from "./webhook/webhook-server.ts";

/**
 * Runs controllers on one shared cache, and one for every other cluster that they read.
 *
 * *Guarantees*: one watch per kind (and watched namespace) whatever the number of controllers; no reconcile before every kind has been
 * fetched once; `stop()` ends reconciles, then watches, then connections, and leaves nothing running.
 */
export class Manager {
  readonly client: Client;
  readonly cache: Cache;
  readonly metrics = new Metrics();
  readonly log: Logger;
  readonly #options: ManagerOptions;
  readonly #clock: Clock;
  readonly #runners = new Map<string, ControllerRunner>();
  readonly #clusters: Clusters;
  readonly #recorders: EventRecorder[] = [];
  readonly #checks: Check[] = [];
  #probes: HttpEndpoint | undefined;
  /** Where the leader election's thread answers probes. */
  #threadPort: number | undefined;
  #metricsEndpoint: HttpEndpoint | undefined;
  readonly #stopped = new AbortController();
  readonly #leadership: Leadership | undefined;
  readonly #webhooks: WebhookServer | undefined;
  readonly #leadershipLost = Promise.withResolvers<Error>();
  #started = false;

  constructor(options: ManagerOptions) {
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    this.log = options.log ?? createLogger();
    this.#clusters = new Clusters({
      log: this.log,
      watchTiming: options.watchTiming,
      onRequest: (host, observation) => this.metrics.requested(host, observation),
      // A stale leader writes nothing, whatever is still on its way.
      beforeWrite: () => this.#leadership?.assertHeld(),
    });
    const own = this.#clusters.add("", options);
    this.client = own.client;
    this.cache = own.cache;
    this.#leadership = this.#newLeadership();
    this.#webhooks = this.#newWebhooks();
  }

  /**
   * Takes another cluster in, of which controllers may then watch kinds, see `watch()`. Only before `start()`.
   * @throws Error for a name that is taken, or empty.
   */
  addCluster(name: string, options: ClusterOptions): RemoteCluster {
    if (this.#started) throw new Error(`Cannot add cluster "${name}": the manager runs already`);
    if (name === "") throw new Error("Cannot add a cluster without a name: logs, metrics and probes need one");
    return this.#clusters.add(name, options);
  }

  /** Takes a controller in. Only before `start()`. */
  add<T extends KubeObject>(controller: Controller<T>): void {
    const { name } = controller;
    if (this.#started) throw new Error(`Cannot add controller "${name}": the manager runs already`);
    if (this.#runners.has(name)) throw new Error(`Cannot add controller "${name}": there is one of that name`);
    if (!/^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/.test(name)) {
      throw new Error(`Cannot add controller "${name}": a name has lower-case letters, digits and dashes, at most 63`);
    }
    const { client, cache, metrics, log } = this;
    const recorder = this.#newRecorder(name);
    const { backoff, brake, resyncEveryMs, extensions: registered = [] } = this.#options;
    const extensions = new Extensions(registered, log);
    const clock = this.#clock;
    this.#runners.set(
      name,
      new ControllerRunner({
        ...{ controller, client, cache, clock, recorder, metrics, log, managerPrefix },
        ...{ extensions, backoff, brake, resyncEveryMs },
      }),
    );
  }

  /**
   * Changes a running manager, for example when its configuration file changed.
   * @throws Error for a controller that there is not, RangeError for a value that makes no sense; nothing changes then.
   */
  tune(tuning: { concurrency?: Readonly<Record<string, number>>; logLevel?: string }): void {
    for (const [name, concurrency] of Object.entries(tuning.concurrency ?? {})) {
      this.#runnerOf(name, "tune").setConcurrency(concurrency);
    }
    if (tuning.logLevel) this.log.level = tuning.logLevel;
  }

  /**
   * Has an object reconciled by a controller, for a reason that is no change in the cluster. As with a change, a key
   * waits once however often it is triggered, and is looked at again when it is triggered during its reconcile.
   * @throws Error for a controller that there is not.
   */
  trigger(controller: string, key: ObjectKey): void {
    this.#runnerOf(controller, "trigger").trigger(key);
  }

  /** Adds a condition for `/readyz`. */
  addReadyCheck(check: Check): void {
    this.#checks.push(check);
  }

  /** Names of the controllers, in the order they were added. */
  get controllers(): readonly string[] {
    return [...this.#runners.keys()];
  }

  /** The controllers' queues, in the same order. */
  get queues(): readonly WorkQueue[] {
    return [...this.#runners.values()].map(({ queue }) => queue);
  }

  /** Where probes and metrics are served; undefined where they are not. */
  get ports(): { probes: number | undefined; metrics: number | undefined } {
    return { probes: this.#probes?.port ?? this.#threadPort, metrics: this.#metricsEndpoint?.port };
  }

  /**
   * Resolves with the reason when this process led and does not any more. Reconciles have been aborted and nothing
   * is written by then; the process should end, so that a fresh one takes part in the next election.
   */
  get leadershipLost(): Promise<Error> {
    return this.#leadershipLost.promise;
  }

  /**
   * Starts endpoints, watches and, once every kind has been fetched, the controllers. Resolves then.
   * @throws Error when an address is in use, or `cacheSyncTimeoutMs` is over. Until then a server that cannot be reached
   * is waited for, and told in the log.
   */
  async start(): Promise<void> {
    if (this.#started) throw new Error("Cannot start: the manager has been started before");
    this.#started = true;
    await this.#serve();
    await this.#webhooks?.start();
    this.#clusters.start(this.#stopped.signal);
    this.log.info({ controllers: this.controllers }, "Waiting for the caches");
    await this.#cachesSynced();
    if (this.#leadership) await Promise.race([this.#leadership.acquired, aborted(this.#stopped.signal)]);
    if (this.#stopped.signal.aborted) return;
    for (const runner of this.#runners.values()) runner.start();
    this.log.info({ controllers: this.controllers }, "Controllers run");
  }

  /** Ends everything in order. Safe to call twice, and while `start()` is under way. */
  async stop(): Promise<void> {
    const graceMs = this.#options.stopGraceMs ?? 30_000;
    await Promise.all([...this.#runners.values()].map((runner) => runner.stop(graceMs)));
    await Promise.all(this.#recorders.map((recorder) => recorder.flushed()));
    this.#stopped.abort(new Error("The manager stops"));
    await this.#leadership?.release();
    await this.#webhooks?.stop();
    await this.#clusters.closed();
    await Promise.all([this.#probes?.close(), this.#metricsEndpoint?.close()]);
    this.log.info("Stopped");
  }

  /**
   * Resolves when no key waits or is worked on, and the caches have seen every own write. Delayed keys do not count.
   * For tests; a production system never settles for long.
   */
  async settled(): Promise<void> {
    const { queues } = this;
    const informers = this.#clusters.informers();
    const calm = () => queues.every((queue) => queue.idle) && informers.every((informer) => informer.caughtUp);
    while (!calm()) await nextChange(queues, informers);
  }

  async #cachesSynced(): Promise<void> {
    const { cacheSyncTimeoutMs } = this.#options;
    const over = new AbortController();
    const timer = cacheSyncTimeoutMs === undefined ? undefined : setTimeout(() => over.abort(), cacheSyncTimeoutMs);
    await Promise.race([this.#clusters.whenSynced(), aborted(this.#stopped.signal), aborted(over.signal)]);
    clearTimeout(timer);
    if (!over.signal.aborted) return;
    const missing = this.#clusters
      .checks()
      .flatMap(({ name, problem }) => (problem() ? [`${name}: ${problem()}`] : []));
    throw new Error(`Cannot fetch everything within ${cacheSyncTimeoutMs} ms: ${missing.join("; ")}`);
  }

  #runnerOf(name: string, verb: string): ControllerRunner {
    const runner = this.#runners.get(name);
    if (runner) return runner;
    throw new Error(`Cannot ${verb} controller "${name}": there is none; known: ${this.controllers.join(", ")}`);
  }

  #newLeadership(): Leadership | undefined {
    const { cluster, leaderElection: lease, probes = { port: 8081 } } = this.#options;
    if (!lease) return undefined;
    const leadership = new Leadership({ cluster, lease, probes: probes || undefined, log: this.log });
    this.metrics.gauge("leader_election_master_status", "1 when this process leads", ["name"], (gauge) => {
      gauge.set({ name: lease.name }, leadership.held ? 1 : 0);
    });
    void leadership.lost.then((reason) => {
      this.log.error({ err: reason }, "Leadership is lost");
      for (const runner of this.#runners.values()) runner.abort(reason);
      this.#leadershipLost.resolve(reason);
    });
    return leadership;
  }

  #newWebhooks(): WebhookServer | undefined {
    const { webhooks, cluster } = this.#options;
    if (!webhooks) return undefined;
    const { metrics, log } = this;
    const server = observedWebhookServer(webhooks, { cluster, metrics, log, clock: this.#clock });
    this.#checks.push({ name: "webhooks", problem: () => server.problem() });
    return server;
  }

  /** Keeps the thread's answer to readiness probes up to date, once a second. */
  #tellReadiness(leadership: Leadership): void {
    const { status, body } = answerChecks(this.#readyChecks());
    leadership.tellReady({ status, body });
    const timer = setTimeout(() => {
      if (!this.#stopped.signal.aborted) this.#tellReadiness(leadership);
    }, 1_000);
    timer.unref();
  }

  #newRecorder(controller: string): EventRecorder {
    const recorder = new EventRecorder({
      client: this.client,
      clock: this.#clock,
      log: this.log,
      reportingController: `moorage.dev/${controller}`,
      reportingInstance: hostname(),
    });
    this.#recorders.push(recorder);
    return recorder;
  }

  async #serve(): Promise<void> {
    const { probes = { port: 8081 }, metrics = { port: 8080 } } = this.#options;
    const runners = [...this.#runners.values()];
    registerRuntimeGauges(this.metrics, { runners, clusters: [...this.#clusters], clock: this.#clock });
    if (metrics) {
      this.#metricsEndpoint = await serveHttp("metrics", metrics, {
        "/metrics": async () => ({
          status: 200,
          type: this.metrics.registry.contentType,
          body: await this.metrics.text(),
        }),
      });
    }
    if (this.#leadership) {
      this.#threadPort = await this.#leadership.serving;
      this.#tellReadiness(this.#leadership);
    } else if (probes) {
      this.#probes = await serveHttp("probes", probes, {
        "/healthz": () => text(200, "ok"),
        "/readyz": () => answerChecks(this.#readyChecks()),
      });
    }
  }

  #readyChecks(): Check[] {
    // A Service leads to ready pods only: waiting for what this process itself has to convert would never end.
    const converted = new Set(this.#options.webhooks?.conversions?.map(({ hub }) => groupResourceOf(hub)));
    return [...this.#clusters.checks((type) => !converted.has(groupResourceOf(type))), ...this.#checks];
  }
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener("abort", () => resolve(), { once: true });
  });
}

function nextChange(queues: readonly WorkQueue[], informers: ReturnType<Cache["informers"]>): Promise<void> {
  return new Promise((resolve) => {
    const ends: (() => void)[] = [];
    const changed = () => {
      for (const end of ends) end();
      resolve();
    };
    for (const queue of queues) ends.push(queue.onIdle(changed));
    for (const informer of informers) ends.push(informer.onProgress(changed));
  });
}
