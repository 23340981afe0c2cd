import { findControllerOf, type KubeObject, type ResourceType } from "@moorage/kube-types";
import type { ClusterApi, ObjectKey } from "../../cluster-api.ts";
import { isConflict, ReportedError } from "./api-errors.ts";
import type { EventRecorder } from "./event-recorder.ts";
import { WorkQueue } from "./work-queue.ts";

/** What every controller works with. */
export interface ControllerContext {
  api: ClusterApi;
  events: EventRecorder;
  now(): Date;
  /** Unexpected failures; expected states are never reported here. */
  logError(message: string, error: unknown): void;
}

/** When to look at a key again although nothing has changed. */
export interface Requeue {
  afterMs: number;
}

/** Starts to watch one kind, calls `enqueue` with the keys that a change concerns, and returns how to stop. */
export type Watch = (context: ControllerContext, enqueue: (key: ObjectKey) => void) => () => void;

/** One controller: what it watches, and one synchronous, level-triggered step for one key. */
export interface BuiltInController {
  name: string;
  watches: readonly Watch[];
  /** Throws what it did not expect, or `ReportedError` for what a user has been told: the key is tried again with back-off. */
  reconcile(key: ObjectKey, context: ControllerContext): Requeue | undefined;
}

/**
 * Watches `type`. `keysOf` maps an object to the keys it concerns, by default its own.
 * The keys that the object's previous state concerned are looked at as well, so a label that moves
 * a Pod from one owner to the next reaches both.
 */
export function watch<T extends KubeObject>(
  type: ResourceType<T>,
  keysOf: (object: T, context: ControllerContext) => ObjectKey[] = (object) => [keyOf(object)],
): Watch {
  return (context, enqueue) => {
    const previous = new Map<string, ObjectKey[]>();
    return context.api.watch(type, ({ type: change, object }) => {
      const id = formatKey(keyOf(object));
      const keys = keysOf(object, context);
      for (const key of [...(previous.get(id) ?? []), ...keys]) enqueue(key);
      if (change === "DELETED") previous.delete(id);
      else previous.set(id, keys);
    });
  };
}

/** For `watch`: the object's controller when that is of `type`. */
export function controllerOfKind(type: ResourceType): (object: KubeObject) => ObjectKey[] {
  return (object) => {
    const owner = findControllerOf(object);
    if (owner?.kind !== type.kind || !owner.apiVersion.startsWith(type.group)) return [];
    return [keyIn(object.metadata.namespace, owner.name)];
  };
}

/** Runs `controller` until the returned function is called. */
export function runController(controller: BuiltInController, context: ControllerContext): () => void {
  const queue = new WorkQueue({
    process: (text) => {
      const requeue = controller.reconcile(parseKey(text), context);
      if (requeue) queue.addAfter(text, requeue.afterMs);
    },
    failed: (text, error) => {
      // A conflict means that a newer state is on its way.
      if (isConflict(error) || error instanceof ReportedError) return;
      context.logError(`Cannot reconcile ${controller.name} "${text}"`, error);
    },
  });
  const stops = controller.watches.map((start) => start(context, (key) => queue.add(formatKey(key))));
  return () => {
    for (const stop of stops) stop();
    queue.close();
  };
}

export function keyOf(object: KubeObject): ObjectKey {
  return keyIn(object.metadata.namespace, object.metadata.name);
}

export function keyIn(namespace: string | undefined, name: string): ObjectKey {
  return namespace === undefined ? { name } : { namespace, name };
}

/** `namespace/name`, or the name alone for cluster-scoped objects. */
export function formatKey({ namespace, name }: ObjectKey): string {
  return namespace === undefined ? name : `${namespace}/${name}`;
}

function parseKey(text: string): ObjectKey {
  const slash = text.indexOf("/");
  return slash === -1 ? { name: text } : { namespace: text.slice(0, slash), name: text.slice(slash + 1) };
}
