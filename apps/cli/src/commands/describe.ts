import { Discovery } from "@moorage/kube-client";
import type { KubeObject, ResourceType } from "@moorage/kube-types";
import { Event } from "@moorage/kube-types/events-v1";
import type { Command } from "commander";
import { addClusterFlags, type ClusterFlags, type Connection, connect } from "../connection.ts";
import { describeObject } from "../output/description.ts";
import { parseTargets } from "../resource-arguments.ts";

/** `moorage describe TYPE [NAME]`. */
export function addDescribe(program: Command): void {
  const command = program
    .command("describe")
    .description("show an object, its conditions and what happened to it")
    .argument("<type...>", "TYPE, TYPE NAME… or TYPE/NAME…");
  addClusterFlags(command).action(describe);
}

async function describe(args: string[], flags: ClusterFlags): Promise<void> {
  const connection = await connect(flags);
  try {
    const targets = parseTargets(await Discovery.load(connection.client), args);
    const objects = await Promise.all(targets.map(({ type, name }) => objectsOf(connection, type, name)));
    const texts = await Promise.all(
      objects.flat().map(async (object) => describeObject(object, await eventsOf(connection, object), new Date())),
    );
    process.stdout.write(texts.join("\n\n"));
  } finally {
    await connection.client.close();
  }
}

async function objectsOf({ client, namespace }: Connection, type: ResourceType, name: string | undefined) {
  const place = type.namespaced ? { namespace } : {};
  if (name) return [await client.get(type, { ...place, name })];
  return (await client.list(type, place)).items;
}

async function eventsOf({ client, namespace }: Connection, { metadata }: KubeObject): Promise<Event[]> {
  const { items } = await client.list(Event, { namespace: metadata.namespace ?? namespace });
  return items.filter(({ regarding }) => regarding?.uid === metadata.uid);
}
