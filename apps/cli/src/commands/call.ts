import { findCondition } from "@moorage/kube-types";
import type { Command } from "commander";
import { addClusterFlags, type ClusterFlags, connect } from "../connection.ts";
import { findServer } from "../find-server.ts";
import { openSession } from "../mcp-session.ts";
import { columns } from "../output/columns.ts";
import { formatted, parseFormat } from "../output/format.ts";
import { UsageError } from "../usage-error.ts";

interface CallFlags extends ClusterFlags {
  output?: string;
}

/** `moorage call SERVER [TOOL [JSON]]`. */
export function addCall(program: Command): void {
  const command = program
    .command("call")
    .description("call a tool of an MCP server; without a tool, list what it offers")
    .argument("<server>", "name of an MCPServer, or the URL of any MCP server")
    .argument("[tool]", "name of the tool")
    .argument("[arguments]", "its arguments as a JSON object", "{}")
    .option("-o, --output <format>", "json or yaml: the whole result instead of its text");
  addClusterFlags(command).action(call);
}

async function call(server: string, tool: string | undefined, json: string, flags: CallFlags): Promise<void> {
  const format = flags.output === undefined ? undefined : parseFormat(flags.output);
  const args = parseArguments(json);
  const url = /^https?:\/\//.test(server) ? new URL(server) : await urlOfServer(server, flags);
  const { client, end } = await openSession(url);
  try {
    const { tools } = await client.listTools();
    if (tool === undefined) {
      const rows = tools.map(({ name, description = "" }) => [name, firstLine(description)]);
      process.stdout.write(format ? formatted(tools, format) : columns([["TOOL", "DESCRIPTION"], ...rows]));
      return;
    }
    if (!tools.some(({ name }) => name === tool)) {
      throw new UsageError(
        `"${server}" has no tool "${tool}"; it has ${tools.map(({ name }) => `"${name}"`).join(", ")}`,
      );
    }
    print(await client.callTool({ name: tool, arguments: args }), format);
  } finally {
    await end();
  }
}

function print(result: Record<string, unknown>, format: "json" | "yaml" | undefined): void {
  if (result["isError"]) process.exitCode = 1;
  if (format) {
    process.stdout.write(formatted(result, format));
    return;
  }
  const content = Array.isArray(result["content"]) ? result["content"] : [];
  for (const part of content) {
    process.stdout.write(
      part.type === "text"
        ? `${part.text}\n`
        : `[${part.type}${part.mimeType ? ` ${part.mimeType}` : ""}: use -o json to see it]\n`,
    );
  }
}

function parseArguments(json: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(json);
    if (typeof value === "object" && value !== null && !Array.isArray(value)) return { ...value };
  } catch (cause) {
    throw new UsageError(
      `Cannot parse the tool's arguments as JSON: ${cause instanceof Error ? cause.message : cause}; got '${json}'`,
      { cause },
    );
  }
  throw new UsageError(`The tool's arguments must be a JSON object such as '{"message": "hello"}'; got '${json}'`);
}

async function urlOfServer(name: string, flags: CallFlags): Promise<URL> {
  const connection = await connect(flags);
  try {
    const server = await findServer(connection, name);
    if (!server) throw new UsageError(`There is no MCPServer "${name}" in namespace "${connection.namespace}"`);
    const ready = findCondition(server.status?.conditions, "Ready");
    if (ready?.status !== "True") {
      throw new UsageError(
        `MCPServer "${name}" is not ready: ${ready ? `${ready.reason}: ${ready.message}` : "no controller has looked at it yet"}`,
      );
    }
    return new URL(server.status?.url ?? "");
  } finally {
    await connection.client.close();
  }
}

function firstLine(text: string): string {
  const [line = ""] = text.split("\n");
  return line.length > 100 ? `${line.slice(0, 99)}…` : line;
}
