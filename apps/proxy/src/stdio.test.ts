import { fileURLToPath } from "node:url";
import { Client as ModernClient } from "@modelcontextprotocol/client";
import { StdioClientTransport as ModernTransport } from "@modelcontextprotocol/client/stdio";
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StdioClientTransport } from "@modelcontextprotocol/sdk/client/stdio.js";
import { CreateMessageRequestSchema } from "@modelcontextprotocol/sdk/types.js";
import { afterEach, describe, expect, it } from "vitest";

const program = fileURLToPath(new URL("main.ts", import.meta.url));
const fixture = fileURLToPath(
  new URL("../../../packages/mcp-proxy/src/testing/fixture-server/main.ts", import.meta.url),
);
const eras = ["legacy", "modern"] as const;

/** How a client starts the proxy. */
const parameters = (era: string) => ({
  command: process.execPath,
  args: [program, "--stdio", "--log-level", "error", "--", process.execPath, fixture, era],
  stderr: "ignore" as const,
});

let close: (() => Promise<void>) | undefined;
afterEach(async () => {
  await close?.();
});

async function legacyClient(era: string): Promise<{ client: Client; transport: StdioClientTransport }> {
  const client = new Client({ name: "t", version: "1" }, { capabilities: { sampling: {} } });
  const transport = new StdioClientTransport(parameters(era));
  close = () => client.close();
  await client.connect(transport);
  return { client, transport };
}

async function modernClient(era: string): Promise<ModernClient> {
  const client = new ModernClient({ name: "t", version: "1" }, { versionNegotiation: { mode: "auto" } });
  close = () => client.close();
  await client.connect(new ModernTransport(parameters(era)));
  return client;
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

describe.each(eras)("--stdio, in front of a %s server", (era) => {
  it("serves a legacy client: calls side by side, and the server's questions", async () => {
    const { client } = await legacyClient(era);
    client.setRequestHandler(CreateMessageRequestSchema, async () => ({
      role: "assistant",
      model: "m",
      content: { type: "text", text: "sampled" },
    }));
    const calls = [1, 2, 3].map((index) => client.callTool({ name: "echo", arguments: { text: `call ${index}` } }));
    expect((await Promise.all(calls)).map(({ content }) => content)).toEqual(
      [1, 2, 3].map((index) => [{ type: "text", text: `call ${index}` }]),
    );
    const sampled = await client.callTool({ name: "test_sampling", arguments: { prompt: "?" } });
    expect(JSON.stringify(sampled.content)).toContain("sampled");
  });

  it("serves a modern client", async () => {
    const client = await modernClient(era);
    const { tools } = await client.listTools();
    expect(tools.map(({ name }) => name)).toContain("echo");
    expect(await client.callTool({ name: "echo", arguments: { text: "x" } })).toMatchObject({
      content: [{ type: "text", text: "x" }],
    });
  });
});

describe("--stdio", () => {
  it("ends with the client, and everything that it started with it", async () => {
    const { client, transport } = await legacyClient("legacy");
    const { content } = await client.callTool({ name: "pid", arguments: {} });
    const server = Number(/\d+/.exec(JSON.stringify(content))?.[0]);
    const { pid } = transport;
    expect(isAlive(server)).toBe(true);
    await client.close();
    await expect.poll(() => isAlive(server) || isAlive(pid ?? 0), { timeout: 10_000 }).toBe(false);
  });
});
