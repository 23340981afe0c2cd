import { describeObject, isInvalid, isNotFound } from "@moorage/kube-client";
import { findControllerOf, isControlledBy, type KubeObject, type ResourceType } from "@moorage/kube-types";
import type { Blocked } from "../controller.ts";
import type { ApplyBreaker } from "./apply-breaker.ts";
import type { ApplyMemory } from "./apply-memory.ts";
import { type Child, childId, prepareChildren, typeOf } from "./child.ts";
import { isNamespaceTerminating, isRefusal, isStale } from "./reconcile-error.ts";
import type { Writer } from "./writer.ts";

/** What became of a desired set. */
export interface ChildrenOutcome {
  /** Writes that changed something. */
  writes: number;
  blocked?: Blocked;
  /** Names that are taken: whoever has them, a change there is worth another try. */
  conflicts: readonly string[];
  /** Why `blocked` is `ApplyFailed`; retried with back-off. */
  error?: unknown;
  /** A child is being fought over: come back after this long, in milliseconds. */
  pauseMs?: number;
}

export interface ChildrenOptions {
  writer: Writer;
  memory: ApplyMemory;
  breaker: ApplyBreaker;
  owns: readonly ResourceType[];
  /** Told when a child is left alone because somebody else keeps changing it back. */
  onFight(child: Child, pauseMs: number): void;
  /** Told when the server refused a child or could not be asked. */
  onApplyError(type: ResourceType, creating: boolean): void;
}

/** Makes the children of objects as an outcome wants them. */
export class Children {
  readonly #options: ChildrenOptions;

  constructor(options: ChildrenOptions) {
    this.#options = options;
  }

  /**
   * Applies what differs, in the order given, then deletes what is not wanted any more.
   *
   * *Guarantees*: objects of other owners, and objects without one, are never touched; nothing is deleted unless
   * everything else succeeded; a child that is as desired costs no request; children of a kind that the server does
   * not serve, and need not, are left out.
   */
  async carryOut(owner: KubeObject, desired: readonly KubeObject[], signal: AbortSignal): Promise<ChildrenOutcome> {
    const { owns, writer } = this.#options;
    const prepared = prepareChildren(owner, desired, owns);
    const children = prepared.filter(({ type }) => writer.serves(type));
    const outcome: ChildrenOutcome = { writes: 0, conflicts: [] };
    const taken = await this.#findTaken(owner, children, signal);
    if (taken.length > 0) return { ...outcome, ...nameTaken(taken) };
    for (const child of children) {
      signal.throwIfAborted();
      const failure = await this.#applyOne(child, outcome, signal).catch((error: unknown) => ({ error }));
      if (failure) return { ...outcome, ...applyFailed(child, failure.error) };
    }
    await this.#prune(owner, children, outcome);
    return outcome;
  }

  /**
   * Deletes children of an owner that is on its way out, each with everything below it.
   * @returns the number of deletions.
   */
  async remove(owner: KubeObject, children: readonly KubeObject[]): Promise<number> {
    const { owns, writer } = this.#options;
    let writes = 0;
    for (const child of children) {
      const type = typeOf(child, owns);
      // The list may be a cached one, from before the last call.
      if (!type || child.metadata.deletionTimestamp || !isControlledBy(child, owner)) continue;
      await writer.delete(type, child, "Foreground").catch((error: unknown) => {
        if (!isNotFound(error)) throw error;
      });
      writes += 1;
    }
    return writes;
  }

  /** A child is gone: what was applied to it does not matter any more. */
  forget(id: string): void {
    this.#options.memory.forget(id);
    this.#options.breaker.forget(id);
  }

  async #findTaken(owner: KubeObject, children: readonly Child[], signal: AbortSignal) {
    const taken: { child: Child; live: KubeObject }[] = [];
    for (const child of children) {
      const live = await this.#options.writer.live(child.type, child.desired.metadata, signal);
      if (live && !isControlledBy(live, owner)) taken.push({ child, live });
    }
    return taken;
  }

  async #applyOne(child: Child, outcome: ChildrenOutcome, signal: AbortSignal): Promise<void> {
    const { writer, memory, breaker } = this.#options;
    const live = await writer.live(child.type, child.desired.metadata, signal);
    if (!memory.needsApply(child, live)) return;
    const pauseMs = live ? breaker.pauseBefore(child.id, child.hash) : 0;
    if (pauseMs > 0) {
      outcome.pauseMs = Math.min(pauseMs, outcome.pauseMs ?? pauseMs);
      this.#options.onFight(child, pauseMs);
      return;
    }
    const applying = live ? this.#correct(child, live, signal) : writer.create(child.type, child.toApply(), signal);
    const answer = await applying.catch((error: unknown) => {
      if (!signal.aborted && !isStale(error)) this.#options.onApplyError(child.type, live === undefined);
      throw error;
    });
    memory.remember(child, answer);
    if (live) breaker.corrected(child.id, child.hash);
    if (answer.metadata.resourceVersion !== live?.metadata.resourceVersion) outcome.writes += 1;
  }

  /** Applies to what exists. List items that a hand edit put in the place of ours are taken back first. */
  async #correct(child: Child, live: KubeObject, signal: AbortSignal): Promise<KubeObject> {
    const { writer } = this.#options;
    const { type, desired } = child;
    const object = withUid(child.toApply(), live);
    const drifted = child.isAppliedTo(live);
    // The server is asked only when the cache tells of a loss: most edits are of single fields.
    if (drifted && writer.hasLostLists(live, desired)) await writer.reclaimLists(type, desired, signal);
    return writer.apply(type, object, signal).catch(async (error: unknown) => {
      // What was edited and what is newly wanted may not stand beside each other.
      if (drifted || !isInvalid(error) || !(await writer.reclaimLists(type, desired, signal))) throw error;
      return writer.apply(type, object, signal);
    });
  }

  async #prune(owner: KubeObject, children: readonly Child[], outcome: ChildrenOutcome): Promise<void> {
    const { writer, memory } = this.#options;
    const wanted = new Set(children.map((child) => child.id));
    for (const type of this.#options.owns) {
      for (const object of writer.controlledBy(type, owner)) {
        const id = childId(type, object);
        // What this manager never applied was put under the owner by somebody else.
        if (wanted.has(id) || object.metadata.deletionTimestamp || !memory.hasApplied(object)) continue;
        await writer.delete(type, object).catch((error: unknown) => {
          // Gone is what pruning wants. A conflict is another object of that name: the next pass looks at that one.
          if (!isNotFound(error)) throw error;
        });
        this.forget(id);
        outcome.writes += 1;
      }
    }
  }
}

/** With the uid, an apply never lands on another object that took the name since. */
function withUid(object: KubeObject, live: KubeObject): KubeObject {
  const { uid } = live.metadata;
  return uid === undefined ? object : { ...object, metadata: { ...object.metadata, uid } };
}

function nameTaken(
  taken: readonly { child: Child; live: KubeObject }[],
): Pick<ChildrenOutcome, "blocked" | "conflicts"> {
  const told = taken.map(({ child, live }) => {
    const holder = findControllerOf(live);
    const by = holder ? `is controlled by ${holder.kind} "${holder.name}"` : "exists and has no owner";
    return `${describeObject(child.type, child.desired.metadata)} ${by}`;
  });
  const message = `${told.join("; ")}: delete or rename it, or rename this object`;
  return { blocked: { reason: "ResourceConflict", message }, conflicts: taken.map(({ child }) => child.id) };
}

function applyFailed(child: Child, error: unknown): Pick<ChildrenOutcome, "blocked" | "error"> {
  if (!isRefusal(error) || isStale(error) || isNamespaceTerminating(error)) throw error;
  // The server's own words name the child and the field.
  return {
    blocked: { reason: "ApplyFailed", message: error.message || describeObject(child.type, child.desired.metadata) },
    error,
  };
}
