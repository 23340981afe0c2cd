import { Client, isGone, isNotFound, type Observation, type ReflectorTiming } from "@moorage/kube-client";
import type { KubeObject, ResourceType } from "@moorage/kube-types";
import type { Logger } from "pino";
import { Cache } from "./cache/cache.ts";
import type { CacheScope, Informer, WatchFailure } from "./cache/informer.ts";
import { type ClusterOptions, RemoteCluster } from "./remote-cluster.ts";
import type { Check } from "./server/health.ts";

/** Field managers and finalizers of this product start so; the cache keeps these managers' fields. */
export const managerPrefix = "moorage/";

/** What the clusters of one manager have in common. */
interface SharedOptions {
  log: Logger;
  watchTiming: Partial<ReflectorTiming> | undefined;
  /** Told of every request's end. */
  onRequest(host: string, observation: Observation): void;
  /** Throws where nothing may be written. */
  beforeWrite(): void;
}

/** The clusters that a manager reads: a client and a cache for each, with one life. Its own has no name. */
export class Clusters {
  readonly #options: SharedOptions;
  readonly #clusters = new Map<string, RemoteCluster>();
  #stopped: AbortSignal | undefined;

  constructor(options: SharedOptions) {
    this.#options = options;
  }

  /** @throws Error for a name that is taken. */
  add(name: string, options: ClusterOptions): RemoteCluster {
    if (this.#clusters.has(name)) throw new Error(`Cannot add cluster "${name}": there is one of that name`);
    const client = this.#newClient(options);
    const cluster = new RemoteCluster({ name, client, cache: this.#newCache(name, client, options) });
    this.#clusters.set(name, cluster);
    return cluster;
  }

  [Symbol.iterator](): Iterator<RemoteCluster> {
    return this.#clusters.values();
  }

  informers(): readonly Informer<KubeObject>[] {
    return [...this].flatMap(({ cache }) => cache.informers());
  }

  /** Starts every watch. They end when `signal` aborts; `closed()` waits for that. */
  start(signal: AbortSignal): void {
    this.#stopped = signal;
    for (const { cache } of this) cache.start(signal);
  }

  /** Resolves when everything has been fetched once. */
  async whenSynced(): Promise<void> {
    await Promise.all([...this].map(({ cache }) => cache.whenSynced()));
  }

  /** Resolves when the watches have ended and the connections are closed. */
  async closed(): Promise<void> {
    await Promise.all(
      [...this].map(async ({ cache, client }) => {
        await cache.stopped();
        await client.close();
      }),
    );
  }

  /** A condition for each kind that has to be fetched, but for those of the own cluster that need not be. */
  checks(isAwaited: (type: ResourceType) => boolean = () => true): Check[] {
    return [...this].flatMap(({ name, cache }) =>
      cache
        .informers()
        .filter(({ type }) => name !== "" || isAwaited(type))
        .map((informer) => ({
          name: `cache ${name && `${name} `}${informer.type.plural}${describeScope(informer.scope)}`,
          problem: () => {
            if (this.#stopped?.aborted) return "stopped";
            return informer.hasSynced ? undefined : (informer.state.lastError?.message ?? "not fetched yet");
          },
        })),
    );
  }

  #newClient({ cluster, localServer, throttle }: ClusterOptions): Client {
    const { onRequest, beforeWrite } = this.#options;
    const { host } = new URL(cluster.server);
    return new Client({
      cluster,
      localServer,
      ...(throttle && { throttle }),
      onRequest: (observation) => onRequest(host, observation),
      beforeWrite,
    });
  }

  #newCache(name: string, client: Client, { namespaces, scopes, watchList }: ClusterOptions): Cache {
    const { log, watchTiming } = this.#options;
    return new Cache({
      client,
      managerPrefix,
      namespaces,
      scopes,
      watchList,
      timing: watchTiming,
      onSubscriberError: (error) => log.error({ err: error }, "Cannot take in a change"),
      onWatchError: (failure) => this.#tellWatchFailure(name, failure),
    });
  }

  #tellWatchFailure(cluster: string, { type, scope, error, retryInMs }: WatchFailure): void {
    const { log } = this.#options;
    const details = { kind: type.kind, problem: error.message, retryInMs: Math.round(retryInMs) };
    const what = `Cannot watch ${type.kind}${describeScope(scope)}${cluster && ` of cluster ${cluster}`}`;
    // What has happened since is fetched anew: nothing that a person could do better.
    if (isGone(error)) log.debug(details, what);
    else if (isNotFound(error)) log.warn(details, `${what}: is its CustomResourceDefinition installed?`);
    else log.warn(details, what);
  }
}

function describeScope({ namespace, labelSelector, fieldSelector }: CacheScope): string {
  const selectors = [labelSelector, fieldSelector].filter(Boolean).join(", ");
  return `${namespace ? ` in ${namespace}` : ""}${selectors ? ` (${selectors})` : ""}`;
}
