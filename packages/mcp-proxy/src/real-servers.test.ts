import { fileURLToPath } from "node:url";
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StreamableHTTPClientTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import { ElicitRequestSchema, ListRootsRequestSchema } from "@modelcontextprotocol/sdk/types.js";
import { expect, it } from "vitest";
import { fixtureConfig, startReadyProxy } from "./testing/running-proxy.ts";

it("the official everything server works with the official client", async () => {
  const program = fileURLToPath(import.meta.resolve("@modelcontextprotocol/server-everything/dist/index.js"));
  const proxy = await startReadyProxy(
    fixtureConfig({ upstream: { transport: "stdio", command: [process.execPath, program] } }),
  );
  expect(proxy.server.status.upstream).toMatchObject({
    era: "legacy",
    serverInfo: { name: "mcp-servers/everything" },
    tools: 13,
  });
  const client = new Client({ name: "test", version: "1" }, { capabilities: { elicitation: {}, roots: {} } });
  client.setRequestHandler(ElicitRequestSchema, () => ({ action: "decline" as const }));
  client.setRequestHandler(ListRootsRequestSchema, () => ({ roots: [] }));
  await client.connect(new StreamableHTTPClientTransport(new URL(proxy.url)));
  const sum = await client.callTool({ name: "get-sum", arguments: { a: 20, b: 22 } });
  expect(JSON.stringify(sum)).toContain("42");
  const declined = await client.callTool({ name: "trigger-elicitation-request", arguments: {} });
  expect(JSON.stringify(declined)).toContain("declined");
  expect((await client.listResources()).resources.length).toBeGreaterThan(0);
  await client.close();
  await proxy.server.stop();
});
