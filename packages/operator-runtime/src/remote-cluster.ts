import type { Client, ClusterConfig, LocalServer, ObjectKey, Throttle } from "@moorage/kube-client";
import type { KubeObject, ResourceType } from "@moorage/kube-types";
import type { Cache } from "./cache/cache.ts";
import type { CacheScope } from "./cache/informer.ts";
import type { ListQuery } from "./cluster-view.ts";

/** How to reach a cluster, and what to read of it. */
export interface ClusterOptions {
  cluster: ClusterConfig;
  /** Reaches a server in this process, instead of connecting to `cluster.server`. Not with leader election. */
  localServer?: LocalServer | undefined;
  /** Watch and reconcile only these namespaces, with one watch per kind and namespace. Default, and when empty: all. */
  namespaces?: readonly string[] | undefined;
  /** Narrower caches for single kinds. */
  scopes?: readonly { type: ResourceType; scope: CacheScope }[];
  /** Fetch what there is on the watches themselves and not by pages, see `ReflectorOptions`. Default: by pages. */
  watchList?: boolean | undefined;
  /** Client-side throttling. Default none. */
  throttle?: Throttle;
}

/**
 * A cluster besides the manager's own, which controllers read. Made by `manager.addCluster()`.
 *
 * *Guarantees*: as of the manager's cache: one watch per kind, whatever the number of controllers; reads never wait; no
 * reconcile before everything has been fetched once. *Assumptions*: only kinds that a controller watches there can be
 * read. *Caveats*: a cluster that cannot be reached at the start keeps the manager from starting, as its own does, and
 * `/readyz` names it; one that is lost later is read as it was last seen.
 */
export class RemoteCluster {
  /** Names it in `/readyz`, logs and metrics. */
  readonly name: string;
  /** For what the cache cannot do. What is written there has no owner here: a finalizer has to take it away. */
  readonly client: Client;
  readonly cache: Cache;

  constructor(parts: { name: string; client: Client; cache: Cache }) {
    this.name = parts.name;
    this.client = parts.client;
    this.cache = parts.cache;
  }

  find<U extends KubeObject>(type: ResourceType<U>, key: ObjectKey): U | undefined {
    return this.cache.find(type, key);
  }

  list<U extends KubeObject>(type: ResourceType<U>, query?: ListQuery): readonly U[] {
    return this.cache.list(type, query);
  }
}
