import type { Gauge } from "prom-client";
import type { Cache } from "./cache/cache.ts";
import type { Clock } from "./clock.ts";
import type { Metrics } from "./metrics.ts";
import type { WorkQueue } from "./queue/work-queue.ts";

/** What the gauges want to know of a controller. */
interface Runner {
  controller: { name: string };
  queue: WorkQueue;
  failureRatio: number;
}

/** Registers the gauges that are read when they are scraped: queues and informers. */
export function registerRuntimeGauges(
  metrics: Metrics,
  sources: { runners: readonly Runner[]; cache: Cache; clock: Clock },
): void {
  const { runners, cache, clock } = sources;
  const ofQueues = (name: string, help: string, value: (queue: WorkQueue) => number) =>
    metrics.gauge(name, help, ["name", "controller"], (gauge) => {
      for (const { controller, queue } of runners) {
        gauge.set({ name: controller.name, controller: controller.name }, value(queue));
      }
    });
  metrics.gauge("reconcile_failure_ratio", "Share of failures among the last passes", ["controller"], (gauge) => {
    for (const { controller, failureRatio } of runners) gauge.set({ controller: controller.name }, failureRatio);
  });
  ofQueues("workqueue_depth", "Keys that wait", (queue) => queue.depth);
  ofQueues("workqueue_unfinished_work_seconds", "Time of all passes that run now, summed", (queue) =>
    secondsSince(queue.processingSince, clock).reduce((sum, seconds) => sum + seconds, 0),
  );
  ofQueues("workqueue_longest_running_processor_seconds", "Time of the longest pass that runs now", (queue) =>
    Math.max(0, ...secondsSince(queue.processingSince, clock)),
  );
  const ofInformers = (name: string, help: string, collect: (gauge: Gauge) => void) =>
    metrics.gauge(name, help, ["resource", "namespace"], collect);
  ofInformers("informer_objects", "Objects in the cache", (gauge) => {
    for (const informer of cache.informers()) gauge.set(labelsOf(informer), informer.store.size);
  });
  ofInformers("informer_last_event_seconds", "Time since the API server last said anything of this kind", (gauge) => {
    for (const informer of cache.informers()) {
      const { lastEventAt } = informer.state;
      if (lastEventAt > 0) gauge.set(labelsOf(informer), (Date.now() - lastEventAt) / 1000);
    }
  });
  ofInformers("informer_syncs", "Times that a complete picture was fetched", (gauge) => {
    for (const informer of cache.informers()) gauge.set(labelsOf(informer), informer.state.syncs);
  });
  ofInformers("informer_malformed", "Watch lines that were no event", (gauge) => {
    for (const informer of cache.informers()) gauge.set(labelsOf(informer), informer.state.malformed);
  });
}

/** An informer of all namespaces has an empty one. */
function labelsOf({ type, scope }: ReturnType<Cache["informers"]>[number]): { resource: string; namespace: string } {
  return { resource: type.plural, namespace: scope.namespace ?? "" };
}

function secondsSince(starts: Iterable<number>, clock: Clock): number[] {
  const now = clock.monotonic();
  return [...starts].map((start) => (now - start) / 1000);
}
