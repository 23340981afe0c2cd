/**
 * First light: starts the dev cluster and the operator, runs a real MCP server from an MCPServer resource,
 * calls its tools with the official SDK, and takes everything down again.
 *
 * Usage: npm run demo [-- --keep]
 *   --keep   stay up, and print how to go on from here
 */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { Client, loadKubeconfig } from "@moorage/kube-client";
import { type MCPServer, StacklokMCPServer } from "@moorage/resources";
import { parse } from "yaml";
import { callTools } from "./call-tools.ts";
import { deleteAndAwaitGone } from "./delete-and-await-gone.ts";
import { startDev } from "./start-dev.ts";
import { untilReady } from "./until-ready.ts";

const { values: flags } = parseArgs({ options: { keep: { type: "boolean", default: false } } });
const root = join(import.meta.dirname, "../..");
const started = performance.now();

function step(text: string): void {
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  console.log(`\n[${seconds.padStart(5)} s] ${text}`);
}

const dir = mkdtempSync(join(tmpdir(), "moorage-demo-"));
step("Start the dev cluster and the operator");
const dev = await startDev(dir);
const client = new Client({ cluster: await loadKubeconfig({ paths: [dev.kubeconfig] }), fieldManager: "moorage-demo" });
try {
  const manifest = readFileSync(join(root, "examples/everything.yaml"), "utf8");
  const server: MCPServer = parse(manifest);
  const key = { namespace: "default", name: server.metadata.name };

  step("Apply examples/everything.yaml");
  console.log(manifest.trim().replace(/^/gm, "    "));
  await client.apply(StacklokMCPServer, { ...server, metadata: { ...server.metadata, namespace: "default" } });

  step("Wait until it is ready: a real MCP handshake must succeed");
  const url = await untilReady(client, key);

  step(`Connect to ${url} with the official MCP SDK`);
  await callTools(url);
  step("First light: the tools have answered");

  if (flags.keep) {
    console.log(`
The cluster stays up until Ctrl-C. To go on from here:

    export KUBECONFIG=${dev.kubeconfig}
    kubectl get mcpservers.mcp.stacklok.com,deploy,sts,svc,cm,pods
    kubectl describe mcpservers.mcp.stacklok.com everything
    npx moorage call everything echo '{"message": "hello"}' --kubeconfig ${dev.kubeconfig}

MCP clients connect to ${url} (streamable HTTP).`);
    await dev.exited;
  } else {
    step("Delete it, and see that every object is gone");
    await deleteAndAwaitGone(client, key);
    step("Stop the dev cluster");
  }
} finally {
  await client.close();
  await dev.stop();
  rmSync(dir, { recursive: true, force: true });
}
if (!flags.keep) step("Done");
