import type { Observation } from "@moorage/kube-client";
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from "prom-client";
import type { CreationErrors, ObjectGauge, Sample } from "./controller-metric.ts";

/** How a reconcile ended, in controller-runtime's words. */
export type ReconcileResult = "success" | "requeue" | "requeue_after" | "error";

const byController = ["controller"];
const byQueue = ["name", "controller"];
const durations = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60];

/**
 * The metrics of one manager, each observation under the names of the documents (`reconcile_total` …) and of
 * controller-runtime (`controller_runtime_reconcile_total` …).
 */
export class Metrics {
  readonly registry = new Registry();
  readonly #reconciles = ["reconcile_total", "controller_runtime_reconcile_total"].map((name) =>
    this.counter(name, "Reconciles by result", ["controller", "result"]),
  );
  readonly #errors = ["reconcile_errors_total", "controller_runtime_reconcile_errors_total"].map((name) =>
    this.counter(name, "Reconciles that failed", byController),
  );
  readonly #durations = ["reconcile_duration_seconds", "controller_runtime_reconcile_time_seconds"].map((name) =>
    this.histogram(name, "Time of a reconcile, its writes included", byController),
  );
  readonly #terminal = this.counter(
    "controller_runtime_terminal_reconcile_errors_total",
    "Failures that are not retried",
    byController,
  );
  readonly #timeouts = this.counter(
    "controller_runtime_reconcile_timeouts_total",
    "Reconciles that ran out of time",
    byController,
  );
  readonly #requests = this.counter("rest_client_requests_total", "Requests to the API server", [
    "code",
    "method",
    "host",
  ]);
  readonly #requestDurations = this.histogram("rest_client_request_duration_seconds", "Time to the answer's headers", [
    "verb",
    "host",
  ]);
  readonly activeWorkers = this.gauge("controller_runtime_active_workers", "Reconciles that run now", byController);
  readonly maxWorkers = this.gauge(
    "controller_runtime_max_concurrent_reconciles",
    "Reconciles that may run at once",
    byController,
  );
  readonly queueAdds = this.counter("workqueue_adds_total", "Keys added", byQueue);
  readonly queueRetries = this.counter("workqueue_retries_total", "Keys added again after a failure", byQueue);
  readonly queueWait = this.histogram("workqueue_queue_duration_seconds", "Time that keys waited", byQueue);
  readonly queueWork = this.histogram("workqueue_work_duration_seconds", "Time that workers had keys", byQueue);
  readonly childErrors = this.counter(
    "child_apply_errors_total",
    "Children that the server refused or could not be sent to it",
    ["controller", "kind", "operation"],
  );
  readonly #ofControllers = new Map<string, { labelNames: readonly string[]; metric: Counter }>();
  readonly #samples = new Map<string, (() => Iterable<Sample>)[]>();
  readonly panics = this.counter(
    "controller_runtime_reconcile_panics_total",
    "Reconciles that threw what is no Error",
    byController,
  );

  /** Starts all series of a controller at zero, so that a rate is right from the first event. */
  declare(controller: string, concurrency: number): void {
    for (const counter of this.#reconciles) {
      for (const result of ["success", "requeue", "requeue_after", "error"]) counter.inc({ controller, result }, 0);
    }
    for (const counter of [...this.#errors, this.#terminal, this.#timeouts, this.panics])
      counter.inc({ controller }, 0);
    for (const counter of [this.queueAdds, this.queueRetries]) counter.inc({ controller, name: controller }, 0);
    for (const histogram of this.#durations) histogram.zero({ controller });
    for (const histogram of [this.queueWait, this.queueWork]) histogram.zero({ controller, name: controller });
    this.activeWorkers.set({ controller }, 0);
    this.maxWorkers.set({ controller }, concurrency);
  }

  reconciled(controller: string, observed: { result: ReconcileResult; durationMs: number }): void {
    for (const counter of this.#reconciles) counter.inc({ controller, result: observed.result });
    for (const histogram of this.#durations) histogram.observe({ controller }, observed.durationMs / 1000);
    if (observed.result === "error") for (const counter of this.#errors) counter.inc({ controller });
  }

  terminal(controller: string): void {
    this.#terminal.inc({ controller });
  }

  timedOut(controller: string): void {
    this.#timeouts.inc({ controller });
  }

  /** The counter of a controller's own, made once per name. @throws Error when its label names differ. */
  creationErrors({ name, help, labels }: CreationErrors): Counter {
    const labelNames = Object.keys(labels).toSorted();
    const { labelNames: existing, metric } = this.#ofControllers.get(name) ?? {
      labelNames,
      metric: this.counter(name, help, labelNames),
    };
    if (existing.join() !== labelNames.join()) {
      throw new Error(`Cannot declare metric "${name}" with labels ${labelNames}: it exists with labels ${existing}`);
    }
    this.#ofControllers.set(name, { labelNames, metric });
    return metric;
  }

  /** A gauge of a controller's own, which asks for its values when it is scraped. Equal labels are added up. */
  objectGauge({ name, help, labelNames }: Omit<ObjectGauge, "samplesOf">, samples: () => Iterable<Sample>): void {
    const sources = this.#samples.get(name) ?? [];
    sources.push(samples);
    if (sources.length > 1) return;
    this.#samples.set(name, sources);
    this.gauge(name, help, labelNames, (gauge) => {
      gauge.reset();
      for (const source of sources) for (const { labels, value } of source()) gauge.inc(labels, value);
    });
  }

  /** Takes the client's observation of one HTTP request. */
  requested(host: string, { method, code, durationMs }: Observation): void {
    this.#requests.inc({ code: code === 0 ? "<error>" : String(code), method, host });
    this.#requestDurations.observe({ verb: method, host }, durationMs / 1000);
  }

  /** Everything in Prometheus' text format, the process's own figures included. */
  async text(): Promise<string> {
    return `${await this.registry.metrics()}${await processRegistry().metrics()}`;
  }

  counter(name: string, help: string, labelNames: readonly string[]): Counter {
    return new Counter({ name, help, labelNames: [...labelNames], registers: [this.registry] });
  }

  /** With `collect` the value is read when it is scraped. */
  gauge(name: string, help: string, labelNames: readonly string[], collect?: (gauge: Gauge) => void): Gauge {
    return new Gauge({
      name,
      help,
      labelNames: [...labelNames],
      registers: [this.registry],
      ...(collect && {
        collect() {
          collect(this);
        },
      }),
    });
  }

  histogram(name: string, help: string, labelNames: readonly string[]): Histogram {
    return new Histogram({ name, help, labelNames: [...labelNames], buckets: durations, registers: [this.registry] });
  }
}

let ofProcess: Registry | undefined;

/** Once per process, however many managers it has: these metrics hold timers and observers that never end. */
function processRegistry(): Registry {
  if (ofProcess) return ofProcess;
  ofProcess = new Registry();
  collectDefaultMetrics({ register: ofProcess });
  return ofProcess;
}
