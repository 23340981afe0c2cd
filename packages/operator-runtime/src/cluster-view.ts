import type { Client, ObjectKey } from "@moorage/kube-client";
import type { KubeObject, LabelSelector, ResourceType } from "@moorage/kube-types";
import type { Logger } from "pino";

/** Which objects of a kind. Absent fields: all. */
export interface ListQuery {
  namespace?: string | undefined;
  labels?: LabelSelector | undefined;
  /** Only objects that this one controls. */
  ownedBy?: KubeObject | undefined;
  /** A lookup that a controller declared in `indexes`. */
  index?: { name: string; value: string } | undefined;
}

/**
 * What a reconcile sees of the cluster: the shared cache, frozen.
 *
 * *Guarantees*: no call waits or leaves the process; objects are deeply frozen; the runtime's own writes are seen
 * at once. *Assumptions*: only kinds in `for`, `owns` and `watches` can be read; others throw.
 */
export interface ClusterView {
  find<U extends KubeObject>(type: ResourceType<U>, key: ObjectKey): U | undefined;
  list<U extends KubeObject>(type: ResourceType<U>, query?: ListQuery): readonly U[];
  /** Whether the server has this kind, for kinds in `Controller.optional`; true for every other. */
  serves(type: ResourceType): boolean;
  /** The runtime's clock; tests turn it. */
  now(): Date;
  /** Aborts when the reconcile's time is up, on stop and when leadership is lost. */
  readonly signal: AbortSignal;
  /** Carries controller, kind, namespace, name and reconcileID. */
  readonly log: Logger;
  /** For what the cache cannot do. Writes through it are not seen by the runtime: prefer `Outcome`. */
  readonly client: Client;
}
