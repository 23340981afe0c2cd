import { Client } from "@moorage/kube-client";
import { apiVersionOf, type KubeObject, type ResourceType } from "@moorage/kube-types";
import { pino } from "pino";
import { Cache } from "../cache/cache.ts";
import type { ClusterView } from "../cluster-view.ts";
import type { Controller } from "../controller.ts";
import { checkedOutcome, type Outcome } from "../outcome.ts";
import { prepareChildren } from "../reconcile/child.ts";
import { declareKinds, kindsOf } from "../reconcile/controller-kinds.ts";
import { ControllerReads } from "../reconcile/controller-reads.ts";

export interface MemoryCluster {
  /** What the cache holds besides the object itself. Kinds that the controller does not declare are refused. */
  objects?: readonly KubeObject[];
  /** Of the controller's `optional` kinds those that the server does not serve. Default: it serves all. */
  unserved?: readonly ResourceType[];
  /** RFC 3339. Default `2026-01-01T00:00:00Z`. */
  now?: string;
}

/**
 * One call of a controller's `reconcile`, on a cache that holds just these objects; nothing is carried out.
 * For tests of what a controller decides, without any server. What the runtime would refuse fails here as well:
 * a change of what it was given, and children that cannot be.
 *
 * @example
 * const outcome = await reconcileOnce(mcpServerController, server, { objects: [toolConfig] });
 */
export async function reconcileOnce<T extends KubeObject>(
  controller: Controller<T>,
  object: T,
  cluster: MemoryCluster = {},
): Promise<Outcome> {
  const view = memoryView(controller, [object, ...(cluster.objects ?? [])], cluster);
  const cached = view.find(controller.for, object.metadata) ?? object;
  const outcome = checkedOutcome(controller.name, await controller.reconcile(cached, view));
  const owner = { ...cached, metadata: { uid: "not-stored", ...cached.metadata } };
  prepareChildren(owner, outcome.children ?? [], controller.owns);
  return outcome;
}

/** A view of just these objects, as `reconcile` and `keysOf` see one. */
export function memoryView<T extends KubeObject>(
  controller: Controller<T>,
  objects: readonly KubeObject[],
  { now = "2026-01-01T00:00:00Z", unserved = [] }: Omit<MemoryCluster, "objects"> = {},
): ClusterView {
  const client = new Client({ cluster: { server: "http://no-server.invalid", namespace: "default" } });
  const fail = (error: unknown) => {
    throw error;
  };
  const cache = new Cache({ client, managerPrefix: "moorage/", onSubscriberError: fail });
  declareKinds(controller, cache);
  const kinds = kindsOf(controller);
  for (const object of objects) {
    const read = kinds.filter(({ type }) => type.kind === object.kind && apiVersionOf(type) === object.apiVersion);
    if (read.length === 0)
      throw new Error(`Cannot use ${object.kind} "${object.metadata.name}": the controller declares no such kind`);
    for (const { type, filter } of read) {
      const { metadata, ...rest } = structuredClone(object);
      // Filters are the server's: what a test puts in is what they let through.
      const [informer] = cache.declare(type, { optional: true, metadataOnly: true, filter });
      informer?.upserted({ ...rest, metadata: { resourceVersion: "1", ...metadata } });
    }
  }
  for (const type of unserved) for (const informer of cache.declare(type, { optional: true })) informer.unserved();
  return new ControllerReads(controller, cache).view({
    now: () => new Date(now),
    signal: new AbortController().signal,
    log: pino({ level: "silent" }),
    client,
  });
}
