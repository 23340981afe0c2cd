import type { Client, ClusterConfig, ObjectKey } from "@moorage/kube-client";
import type { KubeObject, ResourceType } from "@moorage/kube-types";
import { type Logger, pino } from "pino";
import { isOlder } from "../cache/resource-version.ts";
import { type Clock, systemClock } from "../clock.ts";
import type { Controller } from "../controller.ts";
import { Manager } from "../manager.ts";
import type { ManagerOptions } from "../manager-options.ts";

export interface TestOperatorOptions
  extends Pick<
    ManagerOptions,
    "backoff" | "brake" | "extensions" | "localServer" | "namespaces" | "resyncEveryMs" | "watchTiming"
  > {
  /** An API server with the CRDs in it: the dev cluster, a real one. */
  cluster: ClusterConfig;
  controllers: readonly Controller[];
  /** Default: the machine's. */
  clock?: Clock;
  /** Default: silent. */
  log?: Logger;
}

/** A running operator in a test. */
export interface TestOperator {
  readonly client: Client;
  readonly manager: Manager;
  /** Server-side apply as a user, seen by the caches when it resolves. */
  apply<T extends KubeObject>(type: ResourceType<T>, object: T): Promise<T>;
  /** Deletes as a user, seen by the caches when it resolves. */
  delete(type: ResourceType, key: ObjectKey): Promise<void>;
  /** Resolves when nothing is queued or worked on and the caches have seen every own write: no sleeps needed. */
  settled(): Promise<void>;
  /** Requests by method since the last call, as the API server got them; GET counts watches too. */
  requestsSince(): Promise<Record<string, number>>;
  stop(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

/**
 * Starts controllers against an API server, for tests of what they bring about.
 *
 * @example
 * await using operator = await testOperator({ cluster, controllers: [webAppController] });
 * await operator.apply(WebApp, sample);
 * await operator.settled();
 */
export async function testOperator(options: TestOperatorOptions): Promise<TestOperator> {
  const { controllers, log = pino({ level: "silent" }), clock = systemClock, ...rest } = options;
  const manager = new Manager({ ...rest, clock, log, metrics: false, probes: false, stopGraceMs: 1_000 });
  for (const controller of controllers) manager.add(controller);
  await manager.start();
  let counted: Record<string, number> = {};
  const stop = () => manager.stop();
  return {
    client: manager.client,
    manager,
    async apply(type, object) {
      const applied = await manager.client.apply(type, object, { fieldManager: "test-user" });
      await seen(manager, type, applied);
      return applied;
    },
    async delete(type, key) {
      await manager.client.delete(type, key);
      await whenCache(manager, { type, namespace: key.namespace }, () => isGoing(manager.cache.find(type, key)));
    },
    settled: () => manager.settled(),
    async requestsSince() {
      const total = await countRequests(manager);
      const since = Object.entries(total).map(([method, count]) => [method, count - (counted[method] ?? 0)] as const);
      counted = total;
      return Object.fromEntries(since.filter(([, count]) => count > 0));
    },
    stop,
    [Symbol.asyncDispose]: stop,
  };
}

function isGoing(object: KubeObject | undefined): boolean {
  return object === undefined || object.metadata.deletionTimestamp !== undefined;
}

async function seen(manager: Manager, type: ResourceType, object: KubeObject): Promise<void> {
  const { resourceVersion } = object.metadata;
  await whenCache(manager, { type, namespace: object.metadata.namespace }, () => {
    const cached = manager.cache.find(type, object.metadata)?.metadata.resourceVersion;
    return cached !== undefined && !isOlder(cached, resourceVersion);
  });
}

/** An object of a namespace that is not cached is never seen: there is nothing to wait for. */
async function whenCache(
  manager: Manager,
  { type, namespace }: { type: ResourceType; namespace: string | undefined },
  holds: () => boolean,
): Promise<void> {
  manager.cache.declare(type, { optional: true, metadataOnly: true });
  const informer = manager.cache.informerOf(type, namespace);
  await informer?.whenSynced();
  while (informer && !holds()) {
    await new Promise<void>((resolve) => {
      const end = informer.onProgress(() => {
        end();
        resolve();
      });
    });
  }
}

async function countRequests(manager: Manager): Promise<Record<string, number>> {
  const metric = await manager.metrics.registry.getSingleMetric("rest_client_requests_total")?.get();
  const counts: Record<string, number> = {};
  for (const { labels, value } of metric?.values ?? []) {
    const method = String(labels["method"]);
    counts[method] = (counts[method] ?? 0) + value;
  }
  return counts;
}
