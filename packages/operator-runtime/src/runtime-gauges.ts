import type { Cache } from "./cache/cache.ts";
import type { Clock } from "./clock.ts";
import type { Metrics } from "./metrics.ts";
import type { WorkQueue } from "./queue/work-queue.ts";

type Informer = ReturnType<Cache["informers"]>[number];

/** What the gauges want to know of a controller. */
interface Runner {
  controller: { name: string };
  queue: WorkQueue;
  failureRatio: number;
}

/** Registers the gauges that are read when they are scraped: queues and informers. */
export function registerRuntimeGauges(
  metrics: Metrics,
  sources: { runners: readonly Runner[]; clusters: readonly { name: string; cache: Cache }[]; clock: Clock },
): void {
  const { runners, clusters, clock } = sources;
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
  const ofInformers = (name: string, help: string, value: (informer: Informer) => number | undefined) =>
    metrics.gauge(name, help, ["remote_cluster", "resource", "namespace"], (gauge) => {
      for (const { name: cluster, cache } of clusters) {
        for (const informer of cache.informers()) {
          const known = value(informer);
          if (known !== undefined) gauge.set(labelsOf(cluster, informer), known);
        }
      }
    });
  ofInformers("informer_objects", "Objects in the cache", ({ store }) => store.size);
  ofInformers(
    "informer_last_event_seconds",
    "Time since the API server last said anything of this kind",
    ({ state: { lastEventAt } }) => (lastEventAt > 0 ? (Date.now() - lastEventAt) / 1000 : undefined),
  );
  ofInformers("informer_syncs", "Times that a complete picture was fetched", ({ state }) => state.syncs);
  ofInformers("informer_malformed", "Watch lines that were no event", ({ state }) => state.malformed);
}

/** An informer of all namespaces has an empty one, those of the manager's own cluster name none. */
function labelsOf(cluster: string, { type, scope }: Informer): Record<string, string> {
  return { ...(cluster && { remote_cluster: cluster }), resource: type.plural, namespace: scope.namespace ?? "" };
}

function secondsSince(starts: Iterable<number>, clock: Clock): number[] {
  const now = clock.monotonic();
  return [...starts].map((start) => (now - start) / 1000);
}
