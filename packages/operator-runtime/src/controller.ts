import type { ObjectKey } from "@moorage/kube-client";
import type { KubeObject, ResourceType } from "@moorage/kube-types";
import type { Logger } from "pino";
import type { Index } from "./cache/cache.ts";
import type { Filter } from "./cache/informer.ts";
import type { ClusterView } from "./cluster-view.ts";
import type { ControllerMetric } from "./controller-metric.ts";
import type { Held } from "./held.ts";
import type { Outcome } from "./outcome.ts";
import type { RemoteCluster } from "./remote-cluster.ts";

/**
 * Keeps one kind of object true: what to read, what it owns, and one function from the object to what should be.
 *
 * *Guarantees*: `reconcile` never runs twice at once for one object; every change of an object, of a child or of a
 * watched object leads to a reconcile after it, but for those that the controller itself says it does not read
 * (`filter`, `childReads`, a watch's `reads`); a throw is retried with back-off (1 s × 2 to 5 min, with jitter).
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
  /**
   * Those of `owns` and `watches` that the server need not serve: the CRD may be installed later, or never. They are
   * asked for twice a minute, nothing fails meanwhile, and `ClusterView.serves()` says how it is. Children of a kind
   * that is not served are left out, without an error; when the kind comes or goes, every object is reconciled.
   */
  optional?: readonly ResourceType[];
  /**
   * Those of `owns` and `watches` of which only `metadata` is fetched and kept: kinds whose objects are written or
   * counted, but not read. Their `spec`, `status` and `data` are absent in `find()` and `list()`. Drift is found all
   * the same. Where another controller needs the whole objects, both get them.
   */
  metadataOnly?: readonly ResourceType[];
  /**
   * What `reconcile` reads of its children, kind by kind; see `reads()`. A change of a child is worth a reconcile when it
   * alters that, and when it may be drift, which always is. Default, for kinds that are not here: every change is.
   */
  childReads?: readonly Reads[];
  /** Other kinds that `reconcile` reads, each with the objects that a change of it concerns. See `watch()`. */
  watches?: readonly Watch[];
  /** Lookups that `ClusterView.list` can answer without a scan. See `index()`. */
  indexes?: readonly Index[];
  /** Whether a change of the object itself is worth a reconcile. Default: every change but the runtime's own writes. */
  filter?(before: T | undefined, after: T | undefined): boolean;
  /**
   * Says what should be, and how it is. Called again in a pass that has changed children: what it then says of them is
   * told, with what they are now; of its children only those of the first call are carried out.
   */
  reconcile(object: T, cluster: ClusterView): Outcome | Promise<Outcome>;
  /**
   * Undoes what lies outside the children (which garbage collection removes). Its presence puts a finalizer on every
   * object before `reconcile` first sees it, unless `needsFinalizer` says otherwise. The object goes once this returns
   * nothing. It stays while this throws, and while it returns an outcome (or `notYet()`, or `teardown()`): what it still
   * waits for is told in status and events, and a change of that must be watched, or `requeueAfterMs` given. The
   * outcome's children do not count; `remove` takes some of them away.
   */
  finalize?(object: T, cluster: ClusterView): Held | undefined | Promise<Held | undefined>;
  /** Whether the finalizer has to be there now; it is put on and taken off as this changes. Default: always. */
  needsFinalizer?(object: T, cluster: ClusterView): boolean;
  /**
   * Status fields to show when the runtime could not carry out an outcome: a child is another owner's, or the server
   * refused one. Merged over `Outcome.status`. For example `() => ({ phase: "Pending" })`.
   */
  blockedStatus?(object: T, blocked: Blocked): Record<string, unknown>;
  /**
   * The last status fields of an object that is being deleted and still there: its children go first (foreground
   * deletion), or a finalizer holds it. Merged over the status that it has, and written when it changes. For example
   * `() => ({ phase: "Terminating" })`. Default: the status stays as it was.
   */
  deletingStatus?(object: T, cluster: ClusterView): Record<string, unknown>;
  /** Where reconciles come from besides the cluster: a message bus, a schedule, a webhook of somebody else's. */
  sources?: readonly Source[];
  /** Metrics of the controller's own, beside the runtime's. See `gauge()` and `creationErrors()`. */
  metrics?: readonly ControllerMetric[];
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
  /** Where: absent in the manager's own cluster. */
  readonly cluster?: RemoteCluster;
  /** Only these objects. Absent: all of the kind. */
  readonly filter?: Filter;
  /** What `reconcile` reads of an object: a change that leaves it as it was concerns nobody. Absent: all of it. */
  reads?(object: KubeObject): unknown;
  /** Both the old and the new version of a changed object are asked. */
  keysOf(object: KubeObject, cluster: ClusterView): Iterable<ObjectKey>;
}

/**
 * Watches `type`; `keysOf` names the objects of the controller's own kind to reconcile when one changes.
 *
 * With a `filter` only these objects are fetched, over a watch of their own (without, all controllers share one), and
 * this controller's `find()` and `list()` see no others of the kind. An object that ceases to match counts as deleted.
 *
 * With `reads` only changes of what it gives are worth a reconcile; see `reads()` for what it may leave out.
 *
 * With `cluster` the kind is watched in another cluster, see `manager.addCluster()`, and read by that cluster's own
 * `find()` and `list()`. A filter is not for there: `scopes` of that cluster narrow its caches.
 *
 * @example
 * watch(ToolConfig, (toolConfig, cluster) =>
 *   cluster.list(MCPServer, { index: { name: "toolConfig", value: toolConfig.metadata.name } }).map((s) => s.metadata))
 * @example
 * watch(CoreEvent, ownerOf, { fieldSelector: "reason=FailedCreate" })
 * @example
 * watch(Pod, ownerOf, { reads: ({ status }) => status?.podIP })
 * @example
 * watch(Secret, copiesOf, { cluster: manager.addCluster("hub", { cluster: await loadKubeconfig({ context: "hub" }) }) })
 */
export function watch<W extends KubeObject>(
  type: ResourceType<W>,
  keysOf: (object: W, cluster: ClusterView) => Iterable<ObjectKey>,
  { reads: read, cluster, ...filter }: Filter & { reads?: (object: W) => unknown; cluster?: RemoteCluster } = {},
): Watch {
  return withType(type, { keysOf, filter, ...(cluster && { cluster }), ...(read && { reads: read }) });
}

/** What a controller reads of the objects of a kind. Made by `reads()`. */
export interface Reads {
  readonly type: ResourceType;
  of(object: KubeObject): unknown;
}

/**
 * Says what `reconcile` reads of `type`: `of` gives it as JSON, and as `undefined` for an object that makes no difference
 * from none at all. It must leave out nothing that an outcome may follow from; what the runtime itself needs to see
 * drift (owner, deletion, own fields) is no part of it.
 *
 * @example
 * reads(Deployment, ({ status }) => status?.availableReplicas)
 */
export function reads<W extends KubeObject>(type: ResourceType<W>, of: (object: W) => unknown): Reads {
  return withType(type, { of });
}

/** Something outside the cluster that knows when an object is to be looked at. */
export interface Source {
  /** Names it in logs. */
  name: string;
  /**
   * Calls `trigger` for each object to reconcile, with the queue's usual semantics: however often, a key waits once.
   * Runs while this process works (leads); should end when `signal` aborts. A throw, or an end before that, is logged
   * and it is started again with back-off.
   */
  run(trigger: (key: ObjectKey) => void, context: { signal: AbortSignal; log: Logger }): Promise<void> | void;
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
