import { Discovery, isNotFound, type ObjectKey } from "@moorage/kube-client";
import type { ResourceType } from "@moorage/kube-types";
import type { Command } from "commander";
import { addClusterFlags, type ClusterFlags, type Connection, connect } from "../connection.ts";
import { collectPath, readManifests } from "../manifests.ts";
import { nameOf, parseTargets, typeOfObject } from "../resource-arguments.ts";
import { UsageError } from "../usage-error.ts";

interface DeleteFlags extends ClusterFlags {
  filename?: string[];
  wait: boolean;
}

interface Doomed {
  type: ResourceType;
  key: ObjectKey & { name: string };
}

/** `moorage delete TYPE NAME…` or `-f FILE`. */
export function addDelete(program: Command): void {
  const command = program
    .command("delete")
    .description("delete objects and wait until they are gone")
    .argument("[type...]", "TYPE NAME… or TYPE/NAME…")
    .option(
      "-f, --filename <file>",
      "the objects of a YAML or JSON file, folder, or - for standard input; may be repeated",
      collectPath,
    )
    .option("--no-wait", "return at once");
  addClusterFlags(command).action(remove);
}

async function remove(args: string[], flags: DeleteFlags): Promise<void> {
  if (args.length === 0 && !flags.filename) {
    throw new UsageError("Nothing to delete: give TYPE NAME, TYPE/NAME or -f FILE");
  }
  if (args.length > 0 && flags.filename) {
    throw new UsageError(
      `Give either -f or what to delete: "${args.join(" ")}" stands beside -f ${flags.filename.join(" -f ")}`,
    );
  }
  const connection = await connect(flags);
  try {
    const doomed = await (flags.filename ? fromFiles(connection, flags.filename) : fromArguments(connection, args));
    for (const { type, key } of doomed) {
      await connection.client.delete(type, key, { propagationPolicy: flags.wait ? "Foreground" : "Background" });
      process.stdout.write(`${nameOf(type, key.name)} deleted\n`);
    }
    if (flags.wait) await Promise.all(doomed.map(({ type, key }) => untilGone(connection, type, key)));
  } finally {
    await connection.client.close();
  }
}

async function fromFiles({ client, namespace }: Connection, files: readonly string[]): Promise<Doomed[]> {
  const manifests = await readManifests(files);
  const discovery = await Discovery.load(client);
  return manifests.map(({ object }) => {
    const type = typeOfObject(discovery, object);
    const place = type.namespaced ? { namespace: object.metadata.namespace ?? namespace } : {};
    return { type, key: { ...place, name: object.metadata.name } };
  });
}

async function fromArguments({ client, namespace }: Connection, args: string[]): Promise<Doomed[]> {
  const targets = parseTargets(await Discovery.load(client), args);
  return targets.map(({ type, name }) => {
    if (!name) throw new UsageError(`Name the ${type.kind} to delete: \`moorage delete ${type.plural} NAME\``);
    return { type, key: { ...(type.namespaced && { namespace }), name } };
  });
}

const pollMs = 100;

async function untilGone({ client }: Connection, type: ResourceType, key: Doomed["key"]): Promise<void> {
  const { uid } = await client.get(type, key, { metadataOnly: true }).then(({ metadata }) => metadata, gone);
  while (uid !== undefined) {
    const { uid: now } = await client.get(type, key, { metadataOnly: true }).then(({ metadata }) => metadata, gone);
    if (now !== uid) return;
    await new Promise((resolve) => setTimeout(resolve, pollMs));
  }
}

function gone(error: unknown): { uid?: string } {
  if (!isNotFound(error)) throw error;
  return {};
}
