import { Client } from "@moorage/kube-client";
import { apiVersionOf, type KubeObject } from "@moorage/kube-types";
import { pino } from "pino";
import { Cache } from "../cache/cache.ts";
import type { ClusterView, Controller } from "../controller.ts";
import type { Outcome } from "../outcome.ts";
import { kindsOf } from "../reconcile/triggers.ts";

export interface MemoryCluster {
  /** What the cache holds besides the object itself. Kinds that the controller does not declare are refused. */
  objects?: readonly KubeObject[];
  /** RFC 3339. Default `2026-01-01T00:00:00Z`. */
  now?: string;
}

/**
 * One call of a controller's `reconcile`, on a cache that holds just these objects; nothing is carried out.
 * For tests of what a controller decides, without any server.
 *
 * @example
 * const outcome = await reconcileOnce(mcpServerController, server, { objects: [toolConfig] });
 */
export async function reconcileOnce<T extends KubeObject>(
  controller: Controller<T>,
  object: T,
  cluster: MemoryCluster = {},
): Promise<Outcome> {
  return controller.reconcile(object, memoryView(controller, [object, ...(cluster.objects ?? [])], cluster.now));
}

/** A view of just these objects, as `reconcile` and `keysOf` see one. */
export function memoryView<T extends KubeObject>(
  controller: Controller<T>,
  objects: readonly KubeObject[],
  now = "2026-01-01T00:00:00Z",
): ClusterView {
  const client = new Client({ cluster: { server: "http://no-server.invalid", namespace: "default" } });
  const fail = (error: unknown) => {
    throw error;
  };
  const cache = new Cache({ client, managerPrefix: "moorage/", onSubscriberError: fail });
  const kinds = kindsOf(controller);
  for (const type of kinds) cache.declare(type);
  for (const index of controller.indexes ?? []) cache.addIndex(index);
  for (const object of objects) {
    const type = kinds.find((kind) => kind.kind === object.kind && object.apiVersion === apiVersionOf(kind));
    if (!type)
      throw new Error(`Cannot use ${object.kind} "${object.metadata.name}": the controller declares no such kind`);
    const { metadata, ...rest } = structuredClone(object);
    cache.informerOf(type, metadata.namespace)?.upserted({ ...rest, metadata: { resourceVersion: "1", ...metadata } });
  }
  return {
    find: (type, key) => cache.find(type, key),
    list: (type, query) => cache.list(type, query),
    now: () => new Date(now),
    signal: new AbortController().signal,
    log: pino({ level: "silent" }),
    client,
  };
}
