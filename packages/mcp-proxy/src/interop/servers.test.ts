import { execFileSync } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StreamableHTTPClientTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createLog } from "../observability/log.ts";
import { ProxyServer } from "../proxy-server.ts";
import { fixtureConfig, until } from "../testing/running-proxy.ts";
import { npmProgram, pythonCommand } from "./installed.ts";

const filesystem = await npmProgram("@modelcontextprotocol/server-filesystem", "2026.8.31", "dist/index.js");
const memory = await npmProgram("@modelcontextprotocol/server-memory", "2026.8.31", "dist/index.js");
const git = await pythonCommand("mcp-server-git", "2026.10.19");

let folder: string;
let server: ProxyServer | undefined;
let client: Client | undefined;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "moorage-interop-"));
});
afterEach(async () => {
  await client?.close();
  await server?.stop();
  await rm(folder, { recursive: true });
});

/** Serves the command through a proxy, and connects the official client to it. */
async function connectedTo(command: string[], env: Record<string, string> = {}): Promise<Client> {
  const config = fixtureConfig({ upstream: { transport: "stdio", command, env } });
  server = await ProxyServer.create(config, {
    environment: { PATH: "/usr/local/bin:/usr/bin:/bin" },
    log: createLog(config.name, "silent"),
  });
  await server.start();
  await until(() => server?.status.ready === true);
  client = new Client({ name: "interop", version: "1" });
  await client.connect(new StreamableHTTPClientTransport(new URL(`http://127.0.0.1:${server.port}/mcp`)));
  return client;
}

const call = async (connected: Client, name: string, args: Record<string, unknown>) =>
  JSON.stringify(await connected.callTool({ name, arguments: args }));

describe("real servers", () => {
  it.skipIf(!filesystem)("server-filesystem reads what it wrote, and stays in its folder", async () => {
    const connected = await connectedTo([process.execPath, filesystem ?? "", folder]);
    await call(connected, "write_file", { path: join(folder, "a.txt"), content: "written through the proxy: ä€😀" });
    expect(await call(connected, "read_text_file", { path: join(folder, "a.txt") })).toContain(
      "through the proxy: ä€😀",
    );
    expect(await connected.callTool({ name: "read_text_file", arguments: { path: "/etc/hosts" } })).toMatchObject({
      isError: true,
    });
  });

  it.skipIf(!memory)("server-memory keeps a graph for as long as its session", async () => {
    const connected = await connectedTo([process.execPath, memory ?? ""], {
      MEMORY_FILE_PATH: join(folder, "m.jsonl"),
    });
    const entities = [{ name: "Ada", entityType: "person", observations: ["wrote the first program"] }];
    await call(connected, "create_entities", { entities });
    expect(await call(connected, "search_nodes", { query: "first program" })).toContain("Ada");
  });

  it.skipIf(!git)("mcp-server-git, in Python by uvx, reads a repository", async () => {
    execFileSync("git", ["init", "-q", folder]);
    await writeFile(join(folder, "new.txt"), "x");
    const connected = await connectedTo([...(git ?? []), "--repository", folder]);
    expect(await call(connected, "git_status", { repo_path: folder })).toContain("new.txt");
  });
});
