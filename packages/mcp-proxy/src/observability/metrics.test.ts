import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { LegacyClient } from "../testing/raw-client.ts";
import { fixtureCommand, fixtureConfig, type RunningProxy, startReadyProxy, until } from "../testing/running-proxy.ts";
import { TCPBridgeServer } from "../testing/tcp-bridge-server.ts";

let bridge: TCPBridgeServer;
let proxy: RunningProxy;

beforeEach(async () => {
  bridge = await TCPBridgeServer.start(fixtureCommand("legacy"));
  proxy = await startReadyProxy(
    fixtureConfig({ upstream: { transport: "stdio", host: "127.0.0.1", port: bridge.port } }),
  );
});
afterEach(async () => {
  await proxy.server.stop();
  await bridge.stop();
});

async function metrics(): Promise<string> {
  return (await fetch(`${proxy.probes}/metrics`)).text();
}

describe("the proxy's metrics", () => {
  it("count calls by method, tool and outcome, and how long they took", async () => {
    const client = await LegacyClient.connect(proxy.url);
    await client.textOf("echo", { text: "x" });
    await client.textOf("echo", { text: "y" });
    const text = await metrics();
    expect(text).toMatch(
      /mcp_requests_total\{(?=[^}]*method="tools\/call")(?=[^}]*tool="echo")(?=[^}]*outcome="ok")[^}]*\} 2/,
    );
    expect(text).toMatch(/mcp_request_duration_seconds_count\{[^}]*tool="echo"[^}]*\} 2/);
    expect(text).toMatch(/mcp_request_duration_seconds_bucket\{[^}]*le="\+Inf"/);
    expect(text).toMatch(/mcp_sessions\{[^}]*\} 1/);
    expect(text).toMatch(/mcp_proxy_accepting\{[^}]*\} 1/);
    await client.end();
  });

  it("bound what clients choose", async () => {
    const client = await LegacyClient.connect(proxy.url);
    for (let tool = 0; tool < 250; tool += 1) await client.call(`tool-${tool}`, {});
    const names = new Set((await metrics()).match(/tool="tool-\d+"/g));
    expect(names.size).toBe(200);
    expect(await metrics()).toContain('tool="other"');
    await client.end();
  });

  it("say whether the server is there", async () => {
    expect(await metrics()).toMatch(/mcp_upstream_ready\{[^}]*\} 1/);
    await bridge.stop();
    const client = await LegacyClient.connect(proxy.url).catch(() => undefined);
    await until(async () => /mcp_upstream_ready\{[^}]*\} 0/.test(await metrics()));
    await client?.end();
  });

  it("cost the server nothing, nor do probes: a hundred of them open no connection", async () => {
    const before = bridge.connections;
    const probes = Array.from({ length: 100 }, () => fetch(`${proxy.probes}/readyz`));
    const statuses = (await Promise.all(probes)).map(({ status }) => status);
    expect(new Set(statuses)).toEqual(new Set([200]));
    await metrics();
    // The proxy's own check may fall into this time, once.
    expect(bridge.connections - before).toBeLessThanOrEqual(1);
  });
});
