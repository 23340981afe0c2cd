import { readdirSync } from "node:fs";
import { connect } from "node:net";
import fc from "fast-check";
import { afterEach, describe, expect, it } from "vitest";
import type { RunConfig } from "./run-config/schema.ts";
import { LegacyClient, post } from "./testing/raw-client.ts";
import { fixtureConfig, type RunningProxy, startProxy, startReadyProxy, until } from "./testing/running-proxy.ts";

let proxy: RunningProxy | undefined;
afterEach(async () => {
  await proxy?.server.stop();
  proxy = undefined;
});

async function serve(overrides: Partial<RunConfig> = {}): Promise<string> {
  proxy = await startReadyProxy(fixtureConfig(overrides));
  return proxy.url;
}

const script = (code: string) => ({ transport: "stdio" as const, command: [process.execPath, "-e", code] });
const descriptors = () => readdirSync("/proc/self/fd").length;

/** Sends raw bytes to the proxy; resolves with what came back when the proxy closes or after `waitMs`. */
function raw(port: number, bytes: string, waitMs: number): Promise<string> {
  return new Promise((resolve) => {
    let text = "";
    const socket = connect(port, "127.0.0.1", () => socket.write(bytes));
    socket.setEncoding("latin1").on("data", (chunk: string) => {
      text += chunk;
      if (text.includes("\r\n\r\n")) socket.end();
    });
    socket.on("error", () => {});
    socket.on("close", () => resolve(text));
    setTimeout(() => socket.destroy(), waitMs);
  });
}

describe("servers that misbehave", () => {
  it.each([
    ["says nothing", "setInterval(() => {}, 1000)", "HandshakeTimeout", /no valid answer in 1 s/],
    [
      "prints no JSON-RPC",
      "console.log('Listening on port 3000'); setInterval(() => {}, 1000)",
      "HandshakeTimeout",
      /Listening on port 3000/,
    ],
    ["exits at once", "console.error('no token'); process.exit(2)", "ServerExited", /code 2.*no token/],
  ])("one that %s is reported with the reason", async (_, code, reason, message) => {
    // A machine under load may need long to start the process that exits.
    const handshakeTimeoutSeconds = reason === "HandshakeTimeout" ? 1 : 30;
    proxy = await startProxy(fixtureConfig({ upstream: script(code), limits: { handshakeTimeoutSeconds } }));
    await until(() => proxy?.server.status.error !== undefined);
    expect(proxy.server.status.error).toMatchObject({ reason, message: expect.stringMatching(message) });
  });

  it("an answer of 64 MiB takes time in proportion to its size", async () => {
    const client = await LegacyClient.connect(await serve({ limits: { responseBytes: 128 * 1024 * 1024 } }));
    const timeOf = async (mebibytes: number) => {
      const start = performance.now();
      expect((await client.textOf("big", { bytes: mebibytes * 1024 * 1024 })).length).toBe(mebibytes * 1024 * 1024);
      return performance.now() - start;
    };
    await timeOf(4);
    const small = Math.max(await timeOf(8), 50);
    expect(await timeOf(64)).toBeLessThan(small * 8 * 4);
  });
});

describe("clients that misbehave", () => {
  it("abandoned sessions never fill the proxy, and nothing of them is left", async () => {
    const url = await serve({ sessions: { maximum: 4 } });
    const before = descriptors();
    for (let session = 0; session < 12; session += 1) await LegacyClient.connect(url);
    expect(proxy?.server.status.processes).toBeLessThanOrEqual(4);
    await proxy?.server.stop();
    proxy = undefined;
    await until(() => descriptors() <= before);
  });

  it("one that stops reading holds up nobody", async () => {
    const url = await serve();
    const slow = await LegacyClient.connect(url);
    const stop = new AbortController();
    const body = JSON.stringify({
      jsonrpc: "2.0",
      id: 1,
      method: "tools/call",
      params: { name: "big", arguments: { bytes: 40_000_000 } },
    });
    const headers = { ...slow.headers, "content-type": "application/json", accept: "application/json" };
    await fetch(url, { method: "POST", headers, body, signal: stop.signal });
    const other = await LegacyClient.connect(url);
    expect(await other.textOf("echo", { text: "x" })).toBe("x");
    expect(await slow.textOf("echo", { text: "y" })).toBe("y");
    stop.abort();
  });

  it("one that goes away in the middle of its request costs nothing", async () => {
    const url = await serve();
    const port = Number(new URL(url).port);
    await raw(
      port,
      "POST /mcp HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 500\r\n\r\n{",
      100,
    );
    expect((await post(url, "{")).status).toBe(400);
  });

  it("no request crashes the proxy or goes without an answer", async () => {
    const url = await serve();
    const port = Number(new URL(url).port);
    const client = await LegacyClient.connect(url);
    const word = fc.stringMatching(/^[ -~]{0,40}$/);
    const header = fc.constantFrom(
      "Accept",
      "Content-Type",
      "Mcp-Session-Id",
      "MCP-Protocol-Version",
      "Last-Event-ID",
      "Origin",
      "Mcp-Method",
      "Authorization",
    );
    const value = fc.oneof(
      word,
      fc.constantFrom("application/json", "text/event-stream", "2026-07-28", "2025-11-25", client.session),
    );
    const body = fc.oneof(
      word,
      fc.json(),
      fc
        .record({ jsonrpc: fc.constant("2.0"), id: fc.jsonValue(), method: word, params: fc.jsonValue() })
        .map((message) => JSON.stringify(message)),
    );
    const request = fc.record({
      method: fc.constantFrom("GET", "POST", "DELETE", "PUT", "OPTIONS"),
      path: fc.constantFrom(
        "/",
        "/mcp",
        "/sse",
        "/messages",
        "/messages?sessionId=1",
        "/.well-known/oauth-protected-resource",
        "/x",
      ),
      headers: fc.array(fc.tuple(header, value), { maxLength: 5 }),
      body,
    });
    await fc.assert(
      fc.asyncProperty(request, async ({ method, path, headers, body: content }) => {
        const lines = headers.map(([name, text]) => `${name}: ${text}\r\n`).join("");
        const bytes = `${method} ${path} HTTP/1.1\r\nHost: localhost\r\n${lines}Content-Length: ${Buffer.byteLength(content)}\r\n\r\n${content}`;
        expect(await raw(port, bytes, 5000)).toMatch(/^HTTP\/1\.1 [2345]\d\d /);
      }),
      { numRuns: 200 },
    );
    const fresh = await LegacyClient.connect(url);
    expect(await fresh.textOf("echo", { text: "alive" })).toBe("alive");
  });
});
