import type { Client, ObjectKey } from "@moorage/kube-client";
import { isNotFound } from "@moorage/kube-client";
import { findCondition, type KubeObject, type ResourceType } from "@moorage/kube-types";
import type { Logger } from "pino";
import type { Cache } from "../cache/cache.ts";
import { keyText } from "../cache/object-key.ts";
import type { Clock } from "../clock.ts";
import type { ClusterView } from "../cluster-view.ts";
import type { Blocked, Controller } from "../controller.ts";
import type { EventRecorder } from "../events/event-recorder.ts";
import type { Extensions } from "../extension.ts";
import type { Held } from "../held.ts";
import { checkedOutcome, type Outcome, type OutcomeEvent } from "../outcome.ts";
import { ApplyBreaker } from "./apply-breaker.ts";
import { ApplyMemory } from "./apply-memory.ts";
import { Children, type ChildrenOutcome } from "./children.ts";
import type { ControllerReads } from "./controller-reads.ts";
import { conditionsOf, desiredStatus, StatusMemory, statusOf } from "./status.ts";
import { Writer } from "./writer.ts";

/** Somebody else's object in the way is looked at again after this, should its going stay unseen. */
const retryConflictMs = 30_000;

export interface ReconcilerOptions {
  controller: Controller;
  client: Client;
  cache: Cache;
  clock: Clock;
  recorder: EventRecorder;
  extensions: Extensions;
  /** Field managers are `<prefix><controller>`. */
  managerPrefix: string;
  reads: ControllerReads;
  /** Told when a child could not be created or updated, for metrics. */
  onApplyError(type: ResourceType, creating: boolean): void;
}

/** What a pass did and when the next is due. */
export interface PassResult {
  /** Come back after this long, in milliseconds. */
  requeueAfterMs?: number;
  /** Requests that changed something. */
  writes: number;
  /** Names in the way: `childId()`s. */
  conflicts: readonly string[];
  /** What to report as this pass's failure, after everything that could be done was done. */
  error?: unknown;
}

/** One pass over one object: read, decide, carry out, tell. */
export class Reconciler {
  readonly #options: ReconcilerOptions;
  readonly #writer: Writer;
  readonly #children: Children;
  readonly #status = new StatusMemory();
  /** The last events told per object, so that a steady state tells nothing. */
  readonly #told = new Map<string, Map<string, string>>();
  /** Objects that are on their way out: the cache may still show them. */
  readonly #finalized = new Set<string>();
  readonly finalizer: string;

  constructor(options: ReconcilerOptions) {
    this.#options = options;
    const { controller, client, cache, clock, managerPrefix } = options;
    this.#writer = new Writer({ client, cache, manager: `${managerPrefix}${controller.name}` });
    this.finalizer = `moorage.dev/${controller.name}`;
    this.#children = new Children({
      writer: this.#writer,
      memory: new ApplyMemory(this.#writer.manager),
      breaker: new ApplyBreaker(clock),
      owns: controller.owns,
      onApplyError: options.onApplyError,
      onFight: (child, pauseMs) => this.#tellFight(child.desired, pauseMs),
    });
  }

  get manager(): string {
    return this.#writer.manager;
  }

  /** @throws whatever `reconcile` threw, or the API server's refusal. */
  async pass(key: ObjectKey, log: Logger, signal: AbortSignal): Promise<PassResult> {
    const { controller, cache } = this.#options;
    const object = cache.find(controller.for, key);
    if (!object) return nothing;
    const view = this.#view(log, signal);
    if (object.metadata.deletionTimestamp) return this.#leave(object, view);
    const kept = await this.#ensureFinalizer(object, view);
    const decide = await this.#decider(kept, view);
    const wanted = await decide();
    signal.throwIfAborted();
    const carried = await this.#carryOut(kept, wanted, signal);
    // Seen before, a child that has just been changed would be told as done with what it has yet to begin.
    const outcome = carried.writes > 0 ? await decide() : wanted;
    const statusWrites = await this.#writeStatus(kept, outcome, carried.blocked);
    this.#tell(kept, outcome.events ?? []);
    await this.#options.extensions.after(kept, {
      controller: controller.name,
      outcome,
      ...("error" in carried && { error: carried.error }),
    });
    return { ...carried, writes: carried.writes + statusWrites, ...requeue(controller, outcome, carried) };
  }

  /** Extensions are asked once in a pass. @returns what decides by the cache as it is at the time of each call. */
  async #decider(object: KubeObject, view: ClusterView): Promise<() => Promise<Outcome>> {
    const { controller, extensions } = this.#options;
    const instead = await extensions.before(object, view);
    return async () => instead ?? checkedOutcome(controller.name, await controller.reconcile(object, view));
  }

  /** The object is gone: nothing about it need be remembered. */
  forget(uid: string): void {
    this.#status.forget(uid);
    this.#told.delete(uid);
    this.#finalized.delete(uid);
  }

  /** A child is gone. */
  forgetChild(childId: string): void {
    this.#children.forget(childId);
  }

  /** Tells extensions of a pass that threw. */
  async reportFailure(object: KubeObject, error: unknown): Promise<void> {
    await this.#options.extensions.after(object, { controller: this.#options.controller.name, error });
  }

  /** Tells the user that passes fail. */
  tellFailure(object: KubeObject, error: unknown): void {
    const message = error instanceof Error ? error.message : String(error);
    this.#options.recorder.record(object, { type: "Warning", reason: "ReconcileFailed", action: "Reconcile", message });
  }

  #view(log: Logger, signal: AbortSignal): ClusterView {
    const { reads, client, clock } = this.#options;
    return reads.view({ now: () => new Date(clock.now()), signal, log, client });
  }

  async #ensureFinalizer(object: KubeObject, view: ClusterView): Promise<KubeObject> {
    const { controller, cache } = this.#options;
    const { finalizers = [] } = object.metadata;
    const wanted = controller.needsFinalizer?.(object, view) ?? true;
    if (!controller.finalize || finalizers.includes(this.finalizer) === wanted) return object;
    const others = finalizers.filter((finalizer) => finalizer !== this.finalizer);
    await this.#writer.setFinalizers(controller.for, object, wanted ? [...others, this.finalizer] : others);
    // The write is in the cache by now, frozen as everything in it.
    return cache.find(controller.for, object.metadata) ?? object;
  }

  /** Tells that the object is going, and lets it go. */
  async #leave(object: KubeObject, view: ClusterView): Promise<PassResult> {
    const statusWrites = await this.#writeDeletingStatus(object, view);
    const finalized = await this.#finalize(object, view);
    return { ...finalized, writes: finalized.writes + statusWrites };
  }

  async #writeDeletingStatus(object: KubeObject, view: ClusterView): Promise<number> {
    const { controller } = this.#options;
    const { generation, finalizers = [], uid = "" } = object.metadata;
    // Nobody sees the status of what is gone the next moment.
    if (!controller.deletingStatus || finalizers.length === 0 || this.#finalized.has(uid)) return 0;
    const observed = generation === undefined ? {} : { observedGeneration: generation };
    return this.#applyStatus(object, { ...statusOf(object), ...controller.deletingStatus(object, view), ...observed });
  }

  async #finalize(object: KubeObject, view: ClusterView): Promise<PassResult> {
    const { controller } = this.#options;
    const { finalizers = [], uid = "" } = object.metadata;
    if (!finalizers.includes(this.finalizer) || this.#finalized.has(uid)) return nothing;
    const held = await controller.finalize?.(object, view);
    if (held) return this.#hold(object, held, view);
    const others = finalizers.filter((finalizer) => finalizer !== this.finalizer);
    await this.#writer.setFinalizers(controller.for, object, others).catch((error: unknown) => {
      if (!isNotFound(error)) throw error;
    });
    this.#finalized.add(uid);
    return { ...nothing, writes: 1 };
  }

  /** Tells what the object still waits for before it goes. */
  async #hold(object: KubeObject, held: Held, view: ClusterView): Promise<PassResult> {
    const { controller, cache } = this.#options;
    const current = cache.find(controller.for, object.metadata) ?? object;
    let writes = 0;
    // With nothing to say the status stays as `deletingStatus` left it.
    if (held.status || held.conditions) {
      const { conditions = conditionsOf(current) } = held;
      const status = { ...held.status, ...controller.deletingStatus?.(object, view) };
      writes += await this.#writeStatus(current, { conditions, status }, undefined);
    }
    writes += await this.#children.remove(object, held.remove ?? []);
    this.#tell(current, held.events ?? []);
    return { ...nothing, writes, ...requeue(controller, held, nothing) };
  }

  async #carryOut(object: KubeObject, outcome: Outcome, signal: AbortSignal): Promise<ChildrenOutcome> {
    if (!outcome.children) return { writes: 0, conflicts: [] };
    return this.#children.carryOut(object, outcome.children, signal);
  }

  async #writeStatus(object: KubeObject, outcome: Outcome, blocked: Blocked | undefined): Promise<number> {
    const { controller, clock } = this.#options;
    // Kinds without a status, such as ConfigMap, have controllers too.
    if (!outcome.status && outcome.conditions.length === 0 && !blocked) return 0;
    const now = new Date(clock.now());
    const blockedStatus = (blocked && controller.blockedStatus?.(object, blocked)) ?? {};
    return this.#applyStatus(object, desiredStatus(object, outcome, { now, blocked, blockedStatus }));
  }

  /** @returns the number of writes. */
  async #applyStatus(object: KubeObject, desired: Record<string, unknown>): Promise<number> {
    const { controller } = this.#options;
    if (!this.#status.needsWrite(object, desired)) return 0;
    const answer = await this.#writer.applyStatus(controller.for, object, desired).catch((error: unknown) => {
      // Deleted meanwhile: there is nobody left to tell.
      if (!isNotFound(error)) throw error;
      return undefined;
    });
    if (!answer) return 0;
    this.#status.remember(desired, answer);
    this.#tellReady(object, answer);
    return 1;
  }

  #tellReady(before: KubeObject, after: KubeObject): void {
    const was = findCondition(conditionsOf(before), "Ready");
    const is = findCondition(conditionsOf(after), "Ready");
    if (is && was?.status !== is.status)
      this.#options.extensions.tell(is.status === "True" ? "ready" : "notReady", after);
    if (!is || was?.reason === is.reason) return;
    const fine = is.status === "True" || findCondition(conditionsOf(after), "Progressing")?.status === "True";
    // Steps on the way to ready show in the conditions; an event for each would double an object's requests.
    if (fine && is.status !== "True" && was?.status !== "True") return;
    const { reason, message } = is;
    this.#options.recorder.record(after, { type: fine ? "Normal" : "Warning", reason, action: "Reconcile", message });
  }

  #tell(object: KubeObject, events: readonly OutcomeEvent[]): void {
    const uid = object.metadata.uid ?? keyText(object.metadata);
    const told = this.#told.get(uid) ?? new Map<string, string>();
    for (const { type, reason, message } of events) {
      if (told.get(reason) === message) continue;
      told.set(reason, message);
      this.#options.recorder.record(object, { type, reason, action: "Reconcile", message });
    }
    if (told.size > 0) this.#told.set(uid, told);
  }

  #tellFight(child: KubeObject, pauseMs: number): void {
    const owner = child.metadata.ownerReferences?.[0];
    if (!owner) return;
    const { namespace } = child.metadata;
    const { apiVersion, kind, name, uid } = owner;
    const message = `${child.kind} "${child.metadata.name}" is changed back by somebody else each time it is corrected; next try in ${Math.round(pauseMs / 1000)} s: see its managedFields for whom`;
    const metadata = { name, uid, ...(namespace && { namespace }) };
    this.#options.recorder.record(
      { apiVersion, kind, metadata },
      { type: "Warning", reason: "DriftLoop", action: "Apply", message },
    );
  }
}

const nothing: PassResult = { writes: 0, conflicts: [] };

/** The soonest of what the outcome, the controller and the state of the children ask for. */
function requeue(
  controller: Controller,
  outcome: Pick<Outcome, "requeueAfterMs">,
  carried: Pick<ChildrenOutcome, "conflicts" | "pauseMs">,
): Pick<PassResult, "requeueAfterMs"> {
  const conflictMs = carried.conflicts.length > 0 ? retryConflictMs : undefined;
  const asked = [outcome.requeueAfterMs, controller.requeueEveryMs, carried.pauseMs, conflictMs];
  const delays = asked.filter((delay) => delay !== undefined);
  return delays.length === 0 ? {} : { requeueAfterMs: Math.min(...delays) };
}
