import { setTimeout as wait } from "node:timers/promises";
import type { Client } from "@moorage/kube-client";
import { Deployment, ReplicaSet, StatefulSet } from "@moorage/kube-types/apps-v1";
import { ConfigMap, Pod, Secret, Service, ServiceAccount } from "@moorage/kube-types/core-v1";
import { NetworkPolicy } from "@moorage/kube-types/networking-v1";
import { StacklokMCPServer } from "@moorage/resources";

const kinds = [
  ...[StacklokMCPServer, Deployment, StatefulSet, ReplicaSet, Pod, Service],
  ...[ConfigMap, Secret, ServiceAccount, NetworkPolicy],
];
const timeoutMs = 60_000;
const pollMs = 200;

/** Deletes the server and waits until none of its objects is left. */
export async function deleteAndAwaitGone(client: Client, key: { namespace: string; name: string }): Promise<void> {
  const deadline = performance.now() + timeoutMs;
  console.log(`    before: ${(await objectsOf(client, key)).join(", ")}`);
  await client.delete(StacklokMCPServer, key);
  let left = await objectsOf(client, key);
  while (left.length > 0 && performance.now() < deadline) {
    await wait(pollMs);
    left = await objectsOf(client, key);
  }
  if (left.length > 0) throw new Error(`Still there ${timeoutMs / 1000} s after the deletion: ${left.join(", ")}`);
  console.log("    after:  nothing");
}

async function objectsOf(client: Client, { namespace, name }: { namespace: string; name: string }): Promise<string[]> {
  const lists = await Promise.all(kinds.map(async (kind) => ({ kind, list: await client.list(kind, { namespace }) })));
  return lists.flatMap(({ kind, list }) =>
    list.items
      .filter(({ metadata }) => metadata.name === name || metadata.labels?.["app.kubernetes.io/instance"] === name)
      .map(({ metadata }) => `${kind.kind} ${metadata.name}`),
  );
}
