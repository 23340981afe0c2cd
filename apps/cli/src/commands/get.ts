import { Discovery, fetchTable, type Table } from "@moorage/kube-client";
import { apiVersionOf, type KubeObject } from "@moorage/kube-types";
import type { Command } from "commander";
import { addClusterFlags, type ClusterFlags, type Connection, connect } from "../connection.ts";
import { columns } from "../output/columns.ts";
import { formatted, parseFormat, withoutManagedFields } from "../output/format.ts";
import { watchTable } from "../output/watch-table.ts";
import { nameOf, parseTargets, type Target } from "../resource-arguments.ts";
import { UsageError } from "../usage-error.ts";

interface GetFlags extends ClusterFlags {
  output?: string;
  watch?: boolean;
  allNamespaces?: boolean;
  selector?: string;
}

/** `moorage get TYPE [NAME]`. */
export function addGet(program: Command): void {
  const command = program
    .command("get")
    .description("show objects, as a table or whole")
    .argument("<type...>", "TYPE, TYPE NAME…, TYPE/NAME…, or TYPE,TYPE")
    .option("-A, --all-namespaces", "in every namespace")
    .option("-l, --selector <labels>", "only objects with these labels")
    .option("-w, --watch", "go on and show changes")
    .option("-o, --output <format>", "json, yaml, wide or name");
  addClusterFlags(command).action(get);
}

async function get(args: string[], flags: GetFlags): Promise<void> {
  const connection = await connect(flags);
  try {
    const targets = parseTargets(await Discovery.load(connection.client), args);
    if (flags.watch) return await watch(connection, targets, flags);
    if (flags.output === undefined || flags.output === "wide") return await printTables(connection, targets, flags);
    const found = await Promise.all(targets.map((target) => objectsOf(connection, target, flags)));
    const objects = found.flat();
    if (flags.output === "name") {
      for (const { type, object } of objects) process.stdout.write(`${nameOf(type, object.metadata.name)}\n`);
      return;
    }
    const format = parseFormat(flags.output, ["wide", "name"]);
    const bare = objects.map(({ object }) => withoutManagedFields(object));
    const single = targets.length === 1 && targets[0]?.name !== undefined;
    process.stdout.write(
      formatted(single ? bare[0] : { apiVersion: "v1", kind: "List", items: bare, metadata: {} }, format),
    );
  } finally {
    await connection.client.close();
  }
}

function namespaceOf({ namespace }: Connection, { type }: Target, flags: GetFlags): string | undefined {
  return type.namespaced && !flags.allNamespaces ? namespace : undefined;
}

async function objectsOf(connection: Connection, target: Target, flags: GetFlags) {
  const { client } = connection;
  const { type, name } = target;
  const namespace = namespaceOf(connection, target, flags);
  const list: readonly KubeObject[] = name
    ? [await client.get(type, { namespace, name })]
    : (await client.list(type, { namespace, labelSelector: flags.selector })).items;
  return list.map((object) => ({ type, object: { ...object, apiVersion: apiVersionOf(type), kind: type.kind } }));
}

async function printTables(connection: Connection, targets: readonly Target[], flags: GetFlags): Promise<void> {
  const tables = await Promise.all(
    targets.map((target) =>
      fetchTable(connection.client, target.type, {
        namespace: namespaceOf(connection, target, flags),
        name: target.name,
        labelSelector: flags.selector,
      }),
    ),
  );
  const several = targets.filter(({ name }) => name === undefined).length > 1;
  const shown = tables
    .map((table, index) => rowsOf(table, targets[index], { several, flags }))
    .filter((rows) => rows.length > 1);
  if (shown.length === 0) {
    const where = flags.allNamespaces ? "" : ` in ${connection.namespace} namespace`;
    process.stderr.write(`No resources found${where}.\n`);
    return;
  }
  process.stdout.write(shown.map(columns).join("\n"));
}

/** A header and the rows of a table. With several kinds, names carry their kind, as kubectl prints them. */
function rowsOf(
  table: Table,
  target: Target | undefined,
  { several, flags }: { several: boolean; flags: GetFlags },
): string[][] {
  const shown = table.columns
    .map((column, index) => ({ ...column, index }))
    .filter(({ priority }) => priority === 0 || flags.output === "wide");
  const spaces = flags.allNamespaces && target?.type.namespaced;
  const header = [...(spaces ? ["NAMESPACE"] : []), ...shown.map(({ name }) => name.toUpperCase())];
  const rows = table.rows.map(({ cells, namespace }) => [
    ...(spaces ? [namespace ?? ""] : []),
    ...shown.map(({ index }) =>
      index === 0 && several && target ? nameOf(target.type, cellText(cells[index])) : cellText(cells[index]),
    ),
  ]);
  return [header, ...rows];
}

function cellText(cell: unknown): string {
  if (cell === null || cell === undefined) return "";
  return typeof cell === "object" ? JSON.stringify(cell) : String(cell);
}

async function watch(connection: Connection, targets: readonly Target[], flags: GetFlags): Promise<void> {
  const [target] = targets;
  if (!target || targets.length > 1) throw new UsageError("-w watches one type at a time");
  const namespace = namespaceOf(connection, target, flags);
  const watched = { namespace, name: target.name, labelSelector: flags.selector };
  let header = true;
  for await (const table of watchTable(connection.client, target.type, watched)) {
    const rows = rowsOf(table, target, { several: false, flags });
    process.stdout.write(columns(header ? rows : rows.slice(1)));
    header = false;
  }
}
