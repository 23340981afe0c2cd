import { execFile } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StdioClientTransport } from "@modelcontextprotocol/sdk/client/stdio.js";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { fixtureConfig, type RunningProxy, startReadyProxy } from "../testing/running-proxy.ts";
import { npmProgram } from "./installed.ts";

const run = promisify(execFile);
const inspector = await npmProgram("@modelcontextprotocol/inspector", "2.12.0", "clients/launcher/build/index.js");
const remote = await npmProgram("mcp-remote", "0.15.1", "dist/proxy.js");
const timeoutMs = 60_000;

let proxy: RunningProxy;
let home: string;
beforeAll(async () => {
  proxy = await startReadyProxy(fixtureConfig());
  // Both keep files in the home folder: a test leaves none in the user's.
  home = await mkdtemp(join(tmpdir(), "moorage-interop-"));
});
afterAll(async () => {
  await proxy.server.stop();
  await rm(home, { recursive: true });
});

const environment = () => ({
  PATH: `${dirname(process.execPath)}:/usr/bin:/bin`,
  HOME: home,
  MCP_REMOTE_CONFIG_DIR: home,
});

async function inspect(path: string, transport: string, args: readonly string[]): Promise<unknown> {
  const url = new URL(path, proxy.url).href;
  const { stdout } = await run(process.execPath, [inspector ?? "", "--cli", url, "--transport", transport, ...args], {
    timeout: timeoutMs,
    env: environment(),
  });
  return JSON.parse(stdout);
}

describe.skipIf(!inspector)("MCP Inspector's CLI", () => {
  it.each([
    ["/mcp", "http"],
    ["/sse", "sse"],
  ])("calls a tool over %s", { timeout: timeoutMs }, async (path, transport) => {
    const call = ["--method", "tools/call", "--tool-name", "echo", "--tool-arg", "text=inspected"];
    expect(await inspect(path, transport, call)).toMatchObject({ content: [{ type: "text", text: "inspected" }] });
  });

  it("lists tools and resources", { timeout: timeoutMs }, async () => {
    const tools = await inspect("/mcp", "http", ["--method", "tools/list"]);
    expect(tools).toMatchObject({ tools: expect.arrayContaining([expect.objectContaining({ name: "echo" })]) });
    const resources = await inspect("/mcp", "http", ["--method", "resources/list"]);
    expect(resources).toMatchObject({
      resources: expect.arrayContaining([expect.objectContaining({ uri: expect.stringMatching(/^test:/) })]),
    });
  });
});

describe.skipIf(!remote)("mcp-remote", () => {
  it("carries a stdio client's calls to the proxy", { timeout: timeoutMs }, async () => {
    const client = new Client({ name: "interop", version: "1" });
    const args = [remote ?? "", proxy.url, "--allow-http"];
    const env = environment();
    await client.connect(new StdioClientTransport({ command: process.execPath, args, env, stderr: "ignore" }));
    const answers = await Promise.all(
      Array.from({ length: 8 }, (_, index) => client.callTool({ name: "echo", arguments: { text: `call ${index}` } })),
    );
    expect(answers.map(({ content }) => content)).toEqual(
      answers.map((_, index) => [{ type: "text", text: `call ${index}` }]),
    );
    await client.close();
  });
});
