import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { freePort } from "@moorage/dev-cluster/testing";
import { afterEach, describe, expect, it } from "vitest";
import { mountFiles } from "../testing/mounted-files.ts";
import { LegacyClient } from "../testing/raw-client.ts";
import { fixtureConfig, type RunningProxy, startReadyProxy, until } from "../testing/running-proxy.ts";
import { temporaryFolder } from "../testing/temporary-folder.ts";

const program = fileURLToPath(import.meta.resolve("@modelcontextprotocol/server-everything/dist/index.js"));
const proxies: RunningProxy[] = [];
let server: ChildProcess | undefined;
afterEach(async () => {
  await Promise.all(proxies.splice(0).map((proxy) => proxy.server.stop()));
  server?.kill("SIGKILL");
});

/** The official test server over HTTP. `said` is its log: a line for each session that it opens or ends. */
async function startServer(port: number): Promise<{ said: () => string }> {
  const child = spawn(process.execPath, [program, "streamableHttp"], {
    env: { PORT: String(port) },
    stdio: ["ignore", "pipe", "pipe"],
  });
  server = child;
  let text = "";
  for (const output of [child.stdout, child.stderr]) {
    output.on("data", (chunk) => {
      text += chunk;
    });
  }
  await until(() => text.includes("listening"));
  return { said: () => text };
}

async function startProxy(port: number, keyFile: string): Promise<RunningProxy> {
  const upstream = { transport: "streamable-http", url: `http://127.0.0.1:${port}/mcp` } as const;
  const proxy = await startReadyProxy(fixtureConfig({ upstream, sessions: { keyFile } }));
  proxies.push(proxy);
  return proxy;
}

describe("a session of an HTTP server", () => {
  it("is continued by another proxy after its own was stopped, and by a fresh session when the server forgot it", async () => {
    const folder = await temporaryFolder();
    await mountFiles(folder, { keys: `${"k".repeat(40)}\n` });
    const keyFile = join(folder, "keys");
    const port = await freePort();
    const { said } = await startServer(port);
    const sessionsOf = (text: string) => text.match(/Session initialized/g)?.length ?? 0;

    const first = await startProxy(port, keyFile);
    const client = await LegacyClient.connect(first.url);
    expect(await client.textOf("echo", { message: "one" })).toContain("one");
    const opened = sessionsOf(said());
    expect(opened).toBeGreaterThan(0);
    await first.server.stop();

    const second = await startProxy(port, keyFile);
    const before = sessionsOf(said());
    const again = new LegacyClient(second.url, client.session);
    expect(await again.textOf("echo", { message: "two" })).toContain("two");
    expect(sessionsOf(said())).toBe(before);

    const gone = server && once(server, "exit");
    server?.kill("SIGKILL");
    await gone;
    await startServer(port);
    await until(async () => (await again.call("echo", { message: "three" })).status === 200);
    expect(await again.textOf("echo", { message: "three" })).toContain("three");
  });
});
