import type { Client, ObjectKey } from "@moorage/kube-client";
import type { KubeObject, LabelSelector, ResourceType } from "@moorage/kube-types";
import type { Logger } from "pino";
import type { Outcome } from "./outcome.ts";

/**
 * Keeps one kind of object true: what to read, what it owns, and one function from the object to what should be.
 *
 * *Guarantees*: `reconcile` never runs twice at once for one object; every change of an object, of a child or of a
 * watched object leads to a reconcile after it; a throw is retried with back-off (1 s × 2 to 5 min, with jitter).
 * *Assumptions*: level-triggered: `reconcile` decides from what is, never from what happened.
 */
export interface Controller<T extends KubeObject = KubeObject> {
  /** Unique in a manager; names metrics, logs, the field manager and the finalizer. A DNS label. */
  name: string;
  for: ResourceType<T>;
  /**
   * Kinds of the children: watched, drift corrected, and pruned when `reconcile` leaves one out.
   * Only objects that the reconciled object controls (`ownerReferences[].controller`) are ever touched.
   */
  owns: readonly ResourceType[];
  /** Other kinds that `reconcile` reads, each with the objects that a change of it concerns. See `watch()`. */
  watches?: readonly Watch[];
  /** Lookups that `ClusterView.list` can answer without a scan. See `index()`. */
  indexes?: readonly Index[];
  /** Whether a change of the object itself is worth a reconcile. Default: every change but the runtime's own writes. */
  filter?(before: T | undefined, after: T | undefined): boolean;
  reconcile(object: T, cluster: ClusterView): Outcome | Promise<Outcome>;
  /**
   * Undoes what lies outside the children (which garbage collection removes). Its presence puts a finalizer on every
   * object before `reconcile` first sees it, unless `needsFinalizer` says otherwise. The object goes once this returns
   * nothing. It stays while this throws, and while it returns an outcome: what it still waits for is told in status and
   * events, and a change of that must be watched. The outcome's children do not count.
   */
  finalize?(object: T, cluster: ClusterView): Outcome | undefined | Promise<Outcome | undefined>;
  /** Whether the finalizer has to be there now; it is put on and taken off as this changes. Default: always. */
  needsFinalizer?(object: T, cluster: ClusterView): boolean;
  /**
   * Status fields to show when the runtime could not carry out an outcome: a child is another owner's, or the server
   * refused one. Merged over `Outcome.status`. For example `() => ({ phase: "Pending" })`.
   */
  blockedStatus?(object: T, blocked: Blocked): Record<string, unknown>;
  /**
   * The last status fields of an object that is being deleted and still there: its children go first (foreground
   * deletion), or a finalizer holds it. Merged over the status that it has, and written once. For example
   * `() => ({ phase: "Terminating" })`. Default: the status stays as it was.
   */
  deletingStatus?(object: T): Record<string, unknown>;
  /** Reconcile so often also when nothing changed, from the cache. Default: never. */
  requeueEveryMs?: number;
  /** Reconciles at the same time, of different objects. Default 4. */
  concurrency?: number;
  /** After this `ClusterView.signal` aborts and the reconcile counts as failed. Default 60,000. */
  timeoutMs?: number;
}

/** Why an outcome could not be carried out. */
export interface Blocked {
  /** `ResourceConflict`: a child's name is taken; `ApplyFailed`: the server refused a child. */
  reason: "ResourceConflict" | "ApplyFailed";
  message: string;
}

/** A kind that controllers read, and whom a change of one of its objects concerns. Made by `watch()`. */
export interface Watch {
  readonly type: ResourceType;
  /** Both the old and the new version of a changed object are asked. */
  keysOf(object: KubeObject, cluster: ClusterView): Iterable<ObjectKey>;
}

/**
 * Watches `type`; `keysOf` names the objects of the controller's own kind to reconcile when one changes.
 *
 * @example
 * watch(ToolConfig, (toolConfig, cluster) =>
 *   cluster.list(MCPServer, { index: { name: "toolConfig", value: toolConfig.metadata.name } }).map((s) => s.metadata))
 */
export function watch<W extends KubeObject>(
  type: ResourceType<W>,
  keysOf: (object: W, cluster: ClusterView) => Iterable<ObjectKey>,
): Watch {
  return withType(type, { keysOf });
}

/** A lookup over a cached kind. Made by `index()`. */
export interface Index {
  readonly type: ResourceType;
  readonly name: string;
  valuesOf(object: KubeObject): Iterable<string>;
}

/** Indexes `type` under `name` by the values that `valuesOf` gives for each object: none, one or many. */
export function index<W extends KubeObject>(
  type: ResourceType<W>,
  name: string,
  valuesOf: (object: W) => Iterable<string>,
): Index {
  return withType(type, { name, valuesOf });
}

/** Pairs functions of W with W's type: the pair is only ever called with objects of that type. */
function withType<M>(type: ResourceType, methods: M): M & { type: ResourceType } {
  return { type, ...methods };
}

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
  /** The runtime's clock; tests turn it. */
  now(): Date;
  /** Aborts when the reconcile's time is up, on stop and when leadership is lost. */
  readonly signal: AbortSignal;
  /** Carries controller, kind, namespace, name and reconcileID. */
  readonly log: Logger;
  /** For what the cache cannot do. Writes through it are not seen by the runtime: prefer `Outcome`. */
  readonly client: Client;
}
