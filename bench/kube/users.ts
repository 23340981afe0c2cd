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

/** Resolves when `isLast` says so of an object that the server tells of. */
export async function whenSeen<T extends KubeObject>(
  client: Client,
  type: ResourceType<T>,
  isLast: (object: T) => boolean,
): Promise<void> {
  const ended = new AbortController();
  const sink = {
    restarted: () => {},
    upserted: (object: T) => isLast(object) && ended.abort(),
    removed: () => {},
    synced: () => {},
    progressed: () => {},
  };
  await new Reflector({ client, type, sink, namespace: "default" }).run(ended.signal);
}
