import { Discovery, isNotFound } from "@moorage/kube-client";
import type { Command } from "commander";
import { addClusterFlags, type ClusterFlags, type Connection, connect } from "../connection.ts";
import { collectPath, type Manifest, readManifests } from "../manifests.ts";
import { formatted, parseFormat, withoutManagedFields } from "../output/format.ts";
import { nameOf, typeOfObject } from "../resource-arguments.ts";

interface ApplyFlags extends ClusterFlags {
  filename: string[];
  output?: string;
}

/** `moorage apply -f FILE`. */
export function addApply(program: Command): void {
  const command = program
    .command("apply")
    .description("create or change objects as manifests say")
    .requiredOption(
      "-f, --filename <file>",
      "YAML or JSON file, folder, or - for standard input; may be repeated",
      collectPath,
    )
    .option("-o, --output <format>", "json or yaml: print the resulting objects");
  addClusterFlags(command).action(apply);
}

async function apply(flags: ApplyFlags): Promise<void> {
  const format = flags.output === undefined ? undefined : parseFormat(flags.output);
  const manifests = await readManifests(flags.filename);
  const connection = await connect(flags);
  try {
    let discovery = await Discovery.load(connection.client);
    for (const manifest of manifests) {
      const { object, change, name } = await applyOne(connection, discovery, manifest);
      // The next document may be of the kind that this one defines.
      if (object.kind === "CustomResourceDefinition") discovery = await Discovery.load(connection.client);
      process.stdout.write(format ? formatted(withoutManagedFields(object), format) : `${name} ${change}\n`);
    }
  } finally {
    await connection.client.close();
  }
}

async function applyOne({ client, namespace }: Connection, discovery: Discovery, { object }: Manifest) {
  const type = typeOfObject(discovery, object);
  const place = type.namespaced ? { namespace: object.metadata.namespace ?? namespace } : {};
  const key = { ...place, name: object.metadata.name };
  const before = await client.get(type, key, { metadataOnly: true }).catch((error: unknown) => {
    if (!isNotFound(error)) throw error;
    return undefined;
  });
  const wanted = { ...object, metadata: { ...object.metadata, ...place } };
  const after = await client.apply(type, wanted, { fieldValidation: "Strict", force: false });
  const same = before?.metadata.resourceVersion === after.metadata.resourceVersion;
  return {
    object: after,
    name: nameOf(type, object.metadata.name),
    change: before ? (same ? "unchanged" : "configured") : "created",
  };
}
