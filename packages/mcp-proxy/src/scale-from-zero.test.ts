import { freePort } from "@moorage/dev-cluster/testing";
import { isRecord } from "@moorage/mcp-messages";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { RunConfig } from "./run-config/schema.ts";
import { LegacyClient, post, textOf } from "./testing/raw-client.ts";
import { fixtureCommand, fixtureConfig, type RunningProxy, startProxy, until } from "./testing/running-proxy.ts";
import { TCPBridgeServer } from "./testing/tcp-bridge-server.ts";

let port: number;
let server: TCPBridgeServer | undefined;
const proxies: RunningProxy[] = [];

/** A port where nothing listens until `scaleUp`. */
beforeEach(async () => {
  port = await freePort();
});
afterEach(async () => {
  await Promise.all(proxies.splice(0).map((proxy) => proxy.server.stop()));
  await scaleDown();
});

async function scaleUp(): Promise<void> {
  server = await TCPBridgeServer.start(fixtureCommand("legacy"), port);
}

async function scaleDown(): Promise<void> {
  await server?.stop();
  server = undefined;
}

async function serve(holdSeconds: number, limits: RunConfig["limits"] = {}): Promise<RunningProxy> {
  const upstream = { transport: "stdio" as const, host: "127.0.0.1", port, holdSeconds };
  const proxy = await startProxy(fixtureConfig({ upstream, limits }));
  proxies.push(proxy);
  return proxy;
}

const initialize = {
  jsonrpc: "2.0",
  id: 1,
  method: "initialize",
  params: { protocolVersion: "2025-11-25", capabilities: {}, clientInfo: { name: "t", version: "1" } },
};
const modern = {
  jsonrpc: "2.0",
  id: 5,
  method: "tools/call",
  params: {
    name: "echo",
    arguments: { text: "modern" },
    _meta: {
      "io.modelcontextprotocol/protocolVersion": "2026-07-28",
      "io.modelcontextprotocol/clientCapabilities": {},
    },
  },
};
const modernHeaders = { "mcp-protocol-version": "2026-07-28", "mcp-method": "tools/call", "mcp-name": "echo" };

async function statusOf({ probes }: RunningProxy): Promise<Record<string, unknown>> {
  const status: unknown = await (await fetch(`${probes}/status`)).json();
  return isRecord(status) ? status : {};
}
const heldBy = async (proxy: RunningProxy) => {
  const { activity } = await statusOf(proxy);
  return isRecord(activity) ? activity["held"] : undefined;
};

describe("upstream.holdSeconds", () => {
  it("holds requests while no server is there, and lets them through when one is", async () => {
    const proxy = await serve(20);
    const answers = [LegacyClient.connect(proxy.url), LegacyClient.connect(proxy.url)];
    const call = post(proxy.url, modern, modernHeaders);
    await until(async () => (await heldBy(proxy)) === 3);
    await scaleUp();
    const [one, two] = await Promise.all(answers);
    expect(await one?.textOf("echo", { text: "x" })).toBe("x");
    expect(await two?.textOf("echo", { text: "y" })).toBe("y");
    expect(textOf(await call)).toBe("modern");
    expect(await heldBy(proxy)).toBe(0);
  });

  it("carries sessions over a time without any server", async () => {
    const proxy = await serve(20);
    await scaleUp();
    const client = await LegacyClient.connect(proxy.url);
    expect(await client.textOf("echo", { text: "before" })).toBe("before");
    await scaleDown();
    await until(() => proxy.server.status.activity.sessions === 0);
    const call = client.textOf("echo", { text: "after" });
    const other = post(proxy.url, modern, modernHeaders);
    await until(async () => (await heldBy(proxy)) === 2);
    await scaleUp();
    expect(await call).toBe("after");
    expect(textOf(await other)).toBe("modern");
  });

  it("finds out by the first request that the server has gone since the last handshake", async () => {
    const proxy = await serve(20);
    await scaleUp();
    await until(() => proxy.server.status.ready);
    await scaleDown();
    const client = LegacyClient.connect(proxy.url);
    await until(async () => (await heldBy(proxy)) === 1);
    await scaleUp();
    expect(await (await client).textOf("echo", { text: "x" })).toBe("x");
  });

  it("fails with 503 when the time is over", async () => {
    const proxy = await serve(0.3);
    const start = performance.now();
    const answer = await post(proxy.url, initialize);
    expect([answer.status, answer.headers.get("retry-after")]).toEqual([503, "1"]);
    expect(performance.now() - start).toBeGreaterThan(290);
  });

  it("fails at once without it", async () => {
    const proxy = await serve(0);
    await until(() => proxy.server.status.error !== undefined);
    expect((await post(proxy.url, initialize)).status).toBe(503);
    expect((await fetch(`${proxy.probes}/readyz`)).status).toBe(503);
  });

  it("holds no more requests than limits.inFlight", async () => {
    const proxy = await serve(20, { inFlight: 2 });
    const held = [post(proxy.url, initialize), post(proxy.url, initialize)];
    await until(async () => (await heldBy(proxy)) === 2);
    expect((await post(proxy.url, initialize)).status).toBe(429);
    await scaleUp();
    expect((await Promise.all(held)).map(({ status }) => status)).toEqual([200, 200]);
  });

  it("forgets a request whose client has gone", async () => {
    const proxy = await serve(20);
    const stop = new AbortController();
    const body = JSON.stringify(initialize);
    const headers = { "content-type": "application/json", accept: "application/json, text/event-stream" };
    const call = fetch(proxy.url, { method: "POST", body, headers, signal: stop.signal }).catch(() => {});
    await until(async () => (await heldBy(proxy)) === 1);
    stop.abort();
    await call;
    await until(async () => (await heldBy(proxy)) === 0);
  });

  it("lets held requests go when the proxy stops, so that another one can take them", async () => {
    const proxy = await serve(20);
    const call = post(proxy.url, initialize);
    await until(async () => (await heldBy(proxy)) === 1);
    await proxy.server.stop();
    expect((await call).status).toBe(503);
  });

  it("does not hold requests from a server that is there and fails", async () => {
    server = await TCPBridgeServer.start(["false"], port);
    const proxy = await serve(20);
    await until(() => proxy.server.status.error?.reason === "ServerExited");
    expect((await post(proxy.url, initialize)).status).toBe(503);
  });

  it("is ready while it can hold, and says what clients want", async () => {
    const proxy = await serve(20);
    expect((await fetch(`${proxy.probes}/readyz`)).status).toBe(200);
    expect(await statusOf(proxy)).toMatchObject({
      ready: false,
      upstream: null,
      activity: { inFlight: 0, held: 0, sessions: 0, lastRequestSecondsAgo: null },
    });
    const client = LegacyClient.connect(proxy.url);
    await until(async () => (await heldBy(proxy)) === 1);
    expect(await statusOf(proxy)).toMatchObject({ activity: { inFlight: 1, held: 1, sessions: 0 } });
    await scaleUp();
    await client;
    const { activity } = await statusOf(proxy);
    expect(activity).toMatchObject({ inFlight: 0, held: 0, sessions: 1, lastRequestSecondsAgo: expect.any(Number) });
    await proxy.server.stop();
  });
});
