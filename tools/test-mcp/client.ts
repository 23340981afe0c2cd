/**
 * The client that the official suite starts: an official SDK's client that reaches the suite's server through our
 * proxy. What is judged is what the server sees, so it is the proxy's side towards servers.
 */
import { env } from "node:process";
import { Client, StreamableHTTPClientTransport } from "@modelcontextprotocol/client";
import { createLog, ProxyServer, parseRunConfig } from "@moorage/mcp-proxy";

interface ToolCall {
  readonly name: string;
  readonly arguments: Record<string, unknown>;
}

const readyTimeoutMs = 10_000;
const knownArguments: Readonly<Record<string, (focal: unknown) => Record<string, unknown>>> = {
  add_numbers: () => ({ a: 5, b: 3 }),
  json_schema_echo: (focal) => ({ schema: focal }),
};

const server = await startProxy(process.argv.at(-1) ?? "");
const elicitation = { form: { applyDefaults: true } };
const client = new Client(
  { name: "test-mcp", version: "1" },
  { capabilities: { elicitation }, versionNegotiation: { mode: "auto" } },
);
client.setRequestHandler("elicitation/create", () => ({ action: "accept" as const, content: {} }));
await client.connect(new StreamableHTTPClientTransport(new URL(`http://127.0.0.1:${server.port}/mcp`)));
const { tools } = await client.listTools();
// What the suite wants to see again is the schema of its other tool.
const focal = tools.find(({ name }) => name !== "json_schema_echo")?.inputSchema;
const everyTool = tools.map(({ name }) => ({
  name,
  arguments: knownArguments[name]?.(focal) ?? {},
}));
for (const call of wantedCalls() ?? everyTool) {
  // Some scenarios have a tool that must fail.
  await client.callTool({ name: call.name, arguments: call.arguments }).catch((error) => console.error(String(error)));
}
const { resources = [], prompts = [] } = { ...(await listed("resources")), ...(await listed("prompts")) };
for (const { uri } of resources) await client.readResource({ uri });
for (const { name } of prompts) await client.getPrompt({ name });
await client.close();
await server.stop();

async function startProxy(url: string): Promise<ProxyServer> {
  const upstream = { transport: "streamable-http", url };
  const parsed = parseRunConfig(JSON.stringify({ name: "test-mcp", listen: { port: 0 }, upstream }));
  if (!parsed.ok) throw new Error(parsed.problems.join("; "));
  const log = createLog("test-mcp", "error");
  const proxy = await ProxyServer.create(parsed.config, { environment: {}, log });
  await proxy.start();
  const deadline = performance.now() + readyTimeoutMs;
  while (!proxy.status.ready && performance.now() < deadline) await new Promise((resolve) => setTimeout(resolve, 20));
  return proxy;
}

function wantedCalls(): readonly ToolCall[] | undefined {
  const context: { toolCalls?: readonly ToolCall[] } = JSON.parse(env["MCP_CONFORMANCE_CONTEXT"] ?? "{}");
  return context.toolCalls;
}

async function listed(kind: "resources" | "prompts") {
  const capabilities = client.getServerCapabilities();
  if (!capabilities?.[kind]) return {};
  return kind === "resources" ? client.listResources() : client.listPrompts();
}
