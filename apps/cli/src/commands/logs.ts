import { resourcePath } from "@moorage/kube-client";
import { matchesSelector, parseSelector } from "@moorage/kube-types";
import { Pod } from "@moorage/kube-types/core-v1";
import type { MCPServer } from "@moorage/resources";
import type { Command } from "commander";
import { addClusterFlags, type ClusterFlags, type Connection, connect } from "../connection.ts";
import { findServer } from "../find-server.ts";
import { UsageError } from "../usage-error.ts";

interface LogsFlags extends ClusterFlags {
  follow?: boolean;
  previous?: boolean;
  proxy?: boolean;
  container?: string;
  tail?: string;
}

/** `moorage logs NAME`. */
export function addLogs(program: Command): void {
  const command = program
    .command("logs")
    .description("print the log of an MCPServer's pods, or of one pod")
    .argument("<name>", "name of an MCPServer or of a pod")
    .option("-f, --follow", "go on until stopped")
    .option("-p, --previous", "of the container that ran before")
    .option("-c, --container <name>", "which container (default: the first)")
    .option("--proxy", "of the proxy in front of the MCPServer")
    .option("--tail <lines>", "only the last lines");
  addClusterFlags(command).action(logs);
}

async function logs(name: string, flags: LogsFlags): Promise<void> {
  const connection = await connect(flags);
  try {
    const pods = await podsOf(connection, name.replace(/^pods?\//, ""), flags.proxy === true);
    const prefixed = pods.length > 1;
    await Promise.all(pods.map((pod) => copyLog(connection, pod, flags, prefixed ? `[${pod.metadata.name}] ` : "")));
  } finally {
    await connection.client.close();
  }
}

async function podsOf({ client, namespace }: Connection, name: string, proxy: boolean): Promise<readonly Pod[]> {
  const pod = await client.find(Pod, { namespace, name });
  if (pod) return [pod];
  const server = await findServer({ client, namespace }, name);
  if (!server) throw new UsageError(`There is no MCPServer and no pod "${name}" in namespace "${namespace}"`);
  const { items } = await client.list(Pod, { namespace });
  const pods = items.filter((candidate) => isOf(server, candidate, proxy));
  if (pods.length === 0)
    throw new UsageError(
      `MCPServer "${name}" has no ${proxy ? "proxy" : "server"} pod yet: \`moorage describe mcpserver ${name}\` says why`,
    );
  return pods;
}

function isOf(server: MCPServer, pod: Pod, proxy: boolean): boolean {
  const labels = pod.metadata.labels ?? {};
  if (labels["app.kubernetes.io/instance"] !== server.metadata.name) return false;
  const isServer = matchesSelector(parseSelector(server.status?.selector ?? ""), labels);
  return proxy ? !isServer : isServer;
}

async function copyLog({ client }: Connection, pod: Pod, flags: LogsFlags, prefix: string): Promise<void> {
  const { name, namespace } = pod.metadata;
  const container = flags.container ?? pod.spec.containers[0]?.name;
  const { body } = await client.stream({
    method: "GET",
    path: `${resourcePath(Pod, { namespace, name })}/log`,
    query: { container, follow: flags.follow, previous: flags.previous, tailLines: flags.tail },
    attempt: `read the log of pod "${namespace}/${name}"`,
    signal: new AbortController().signal,
  });
  body.setEncoding("utf8");
  let start = true;
  for await (const chunk of body) {
    if (prefix === "") process.stdout.write(chunk);
    else {
      const text = String(chunk);
      process.stdout.write((start ? prefix : "") + text.replace(/\n(?=.)/g, `\n${prefix}`));
      start = text.endsWith("\n");
    }
  }
}
