import { spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, describe, expect, it } from "vitest";
import type { RunConfig } from "../run-config/schema.ts";
import { LegacyClient, post } from "../testing/raw-client.ts";
import {
  fixtureCommand,
  fixtureConfig,
  type RunningProxy,
  startProxy,
  startReadyProxy,
} from "../testing/running-proxy.ts";

const example = (file: string) => fileURLToPath(new URL(`../../../../examples/proxy-plugins/${file}`, import.meta.url));
let proxy: RunningProxy | undefined;
afterEach(async () => {
  await proxy?.server.stop();
  proxy = undefined;
});

async function serve(overrides: Partial<RunConfig>): Promise<string> {
  proxy = await startReadyProxy(fixtureConfig(overrides));
  return proxy.url;
}

describe("plug-ins", () => {
  it("add tools and resources, which policies guard like the server's own", async () => {
    const policies = ['permit(principal, action, resource) unless { resource == Tool::"echo" };'];
    const url = await serve({ plugins: [example("clock.ts")], authz: { policies } });
    const client = await LegacyClient.connect(url);
    const [tools] = (await client.request("tools/list")).messages;
    expect(tools).toMatchObject({
      result: { tools: expect.arrayContaining([expect.objectContaining({ name: "current-time" })]) },
    });
    expect(await client.textOf("current-time", { timeZone: "UTC" })).toMatch(/UTC$/);
    expect((await client.call("current-time", { timeZone: "Nowhere" })).messages[0]).toMatchObject({
      result: { isError: true },
    });
    expect((await client.call("echo", { text: "x" })).status).toBe(403);
    const [read] = (await client.request("resources/read", { uri: "clock://time-zones" })).messages;
    expect(JSON.stringify(read)).toContain("Europe/Vienna");
  });

  it("authenticate", async () => {
    const url = await serve({ plugins: [example("api-keys.ts")] });
    expect((await post(url, { jsonrpc: "2.0", id: 1, method: "initialize", params: {} })).status).toBe(401);
    const client = await LegacyClient.connect(url, {}, { "x-api-key": "correct horse battery staple" });
    expect(await client.textOf("echo", { text: "hi" })).toBe("hi");
  });

  it("bring transports", async () => {
    const folder = await mkdtemp(join(tmpdir(), "moorage-"));
    const path = join(folder, "server.sock");
    const [program = "", ...args] = fixtureCommand("legacy");
    const server = createServer((socket) => {
      const child = spawn(program, args, { stdio: ["pipe", "pipe", "ignore"] });
      socket.pipe(child.stdin);
      child.stdout.pipe(socket);
      socket.on("close", () => child.kill());
      socket.on("error", () => {});
    });
    await new Promise<void>((resolve) => server.listen(path, resolve));
    const url = await serve({
      plugins: [example("unix-socket.ts")],
      upstream: { transport: "plugin", name: "unix-socket", options: { path } },
    });
    const client = await LegacyClient.connect(url);
    expect(await client.textOf("echo", { text: "hi" })).toBe("hi");
    await proxy?.server.stop();
    await new Promise<void>((resolve) => server.close(() => resolve()));
    await rm(folder, { recursive: true });
  });

  it.each([
    [
      "a module that does not exist",
      { plugins: ["./no-such-plugin.ts"] },
      /^plugins: cannot load "\.\/no-such-plugin\.ts"/,
    ],
    [
      "a transport that no plug-in has",
      { upstream: { transport: "plugin" as const, name: "x" } },
      /^upstream\.name: no plug-in has a transport "x"/,
    ],
    [
      "wrong options",
      { plugins: [example("unix-socket.ts")], upstream: { transport: "plugin" as const, name: "unix-socket" } },
      /^upstream\.options\.path/,
    ],
  ])("are refused with the reason: %s", async (_, overrides, message) => {
    await expect(startProxy(fixtureConfig(overrides))).rejects.toThrow(message);
  });
});
