import { type Client, Reflector } from "@moorage/kube-client";
import type { KubeObject, ResourceType } from "@moorage/kube-types";

/** Requests of the users under way at the same time. */
const users = 32;

/** Acts on every name, as so many users at once would. */
export async function forEach(names: readonly string[], act: (name: string) => Promise<unknown>): Promise<void> {
  const waiting = names.values();
  const worker = async () => {
    for (const name of waiting) await act(name);
  };
  await Promise.all(Array.from({ length: users }, worker));
}

/** A watch of the users' own. */
export interface Watching {
  /** Resolves when it has told what was there. */
  started: Promise<void>;
  /** Resolves when `isLast` said so of an object that the server told of. */
  seen: Promise<void>;
}

/** Watches until `isLast` says so of an object that the server tells of. */
export function watchUntil<T extends KubeObject>(
  client: Client,
  type: ResourceType<T>,
  isLast: (object: T) => boolean,
): Watching {
  const ended = new AbortController();
  const started = Promise.withResolvers<void>();
  const sink = {
    restarted: () => {},
    upserted: (object: T) => isLast(object) && ended.abort(),
    removed: () => {},
    synced: () => started.resolve(),
    progressed: () => {},
  };
  const reflector = new Reflector({ client, type, sink, namespace: "default" });
  return { started: started.promise, seen: reflector.run(ended.signal) };
}
