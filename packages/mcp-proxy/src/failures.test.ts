import { connect } from "node:net";
import { MetaKey } from "@moorage/mcp-messages";
import { afterEach, describe, expect, it } from "vitest";
import type { RunConfig } from "./run-config/schema.ts";
import { LegacyClient, messagesIn, post, textOf } from "./testing/raw-client.ts";
import { fixtureConfig, type RunningProxy, startReadyProxy, until } from "./testing/running-proxy.ts";

let proxy: RunningProxy | undefined;
afterEach(async () => {
  await proxy?.server.stop();
  proxy = undefined;
});

async function serve(overrides: Partial<RunConfig> = {}, era: "legacy" | "modern" = "legacy"): Promise<string> {
  proxy = await startReadyProxy(fixtureConfig(overrides, era));
  return proxy.url;
}

const accept = { "content-type": "application/json", accept: "application/json, text/event-stream" };

/** One call of a modern client; `signal` is how it goes away. */
function modernCall(url: string, name: string, args: object, signal?: AbortSignal): Promise<Response> {
  const _meta = { [MetaKey.protocolVersion]: "2026-07-28", [MetaKey.clientCapabilities]: {} };
  const params = { name, arguments: args, _meta };
  const headers = { ...accept, "mcp-protocol-version": "2026-07-28", "mcp-method": "tools/call", "mcp-name": name };
  const body = JSON.stringify({ jsonrpc: "2.0", id: 1, method: "tools/call", params });
  return fetch(url, { method: "POST", headers, body, signal: signal ?? null });
}

async function modernText(url: string, name: string): Promise<string> {
  const { status, headers, ...response } = await modernCall(url, name, {}).then(async (answer) => ({
    status: answer.status,
    headers: answer.headers,
    messages: messagesIn(await answer.text()),
  }));
  return textOf({ status, headers, ...response });
}

describe("servers", () => {
  it("killed in the middle of a call fail that call at once, and the next one gets a fresh server", async () => {
    const client = await LegacyClient.connect(await serve());
    const pid = Number(await client.textOf("pid"));
    const call = client.textOf("sleep", { ms: 60_000 });
    await client.textOf("echo", { text: "the call before has arrived" });
    process.kill(pid, "SIGKILL");
    expect(await call).toMatch(/was ended by SIGKILL/);
    expect(Number(await client.textOf("pid"))).not.toBe(pid);
  });

  it("that report progress may take longer than the time limit, up to the absolute one", async () => {
    const url = await serve({ limits: { requestTimeoutSeconds: 0.5, maximumRequestSeconds: 2 } });
    const client = await LegacyClient.connect(url);
    const work = async (steps: number) => {
      const params = { name: "work", arguments: { steps }, _meta: { progressToken: steps } };
      return textOf(await client.request("tools/call", params));
    };
    expect(await work(50)).toBe("worked");
    const start = performance.now();
    expect(await work(1000)).toMatch(/or no answer for 2 s/);
    expect(performance.now() - start).toBeGreaterThan(1900);
  });

  it("that are slow with one call are not slow with others, of the same session or of another", async () => {
    const url = await serve();
    const [one, two] = await Promise.all([LegacyClient.connect(url), LegacyClient.connect(url)]);
    let slow = true;
    const call = one.call("sleep", { ms: 2000 }).then(() => {
      slow = false;
    });
    await Promise.all([one.textOf("echo", { text: "x" }), two.textOf("echo", { text: "x" })]);
    expect(slow).toBe(true);
    await call;
  });
});

describe("clients", () => {
  it.each([1, 5, 15])("may send requests of %i MiB", async (mebibytes) => {
    const client = await LegacyClient.connect(await serve());
    const text = "ä".repeat((mebibytes * 1024 * 1024) / 2);
    expect(await client.textOf("echo", { text })).toBe(text);
  });

  it("that want more at once than limits.inFlight are told to come back", async () => {
    const client = await LegacyClient.connect(await serve({ limits: { inFlight: 1 } }));
    const call = client.call("sleep", { ms: 500 });
    await until(() => proxy?.server.status.activity.inFlight === 1);
    const refused = await client.call("pid");
    expect([refused.status, Number(refused.headers.get("retry-after")) > 0]).toEqual([429, true]);
    expect((await call).status).toBe(200);
    expect((await client.call("pid")).status).toBe(200);
  });

  it("that cancel a call get an answer for it, and the server hears of it", async () => {
    const client = await LegacyClient.connect(await serve());
    const body = {
      jsonrpc: "2.0",
      id: "slow",
      method: "tools/call",
      params: { name: "sleep", arguments: { ms: 60_000 } },
    };
    const call = client.post(body);
    await client.textOf("echo", { text: "the call before has arrived" });
    await client.post({ jsonrpc: "2.0", method: "notifications/cancelled", params: { requestId: "slow" } });
    expect(textOf(await call)).toMatch(/cancelled/);
    await until(async () => (await client.textOf("cancelled")) === "1");
  });

  it.each(["legacy", "modern"] as const)("of the modern era cancel by going away: %s server", async (era) => {
    const url = await serve({}, era);
    const gone = new AbortController();
    const call = modernCall(url, "sleep", { ms: 60_000 }, gone.signal).catch(() => "gone");
    await modernText(url, "pid");
    await until(() => proxy?.server.status.activity.inFlight === 1);
    gone.abort();
    expect(await call).toBe("gone");
    await until(async () => (await modernText(url, "cancelled")) === "1");
  });

  it("of the legacy era only lose the connection: the call goes on, and its answer can be had", async () => {
    const client = await LegacyClient.connect(await serve());
    const gone = new AbortController();
    const params = { name: "work", arguments: { steps: 20 }, _meta: { progressToken: 1 } };
    const body = JSON.stringify({ jsonrpc: "2.0", id: "call", method: "tools/call", params });
    const headers = { ...client.headers, ...accept };
    const response = await fetch(client.url, { method: "POST", headers, body, signal: gone.signal });
    const first = await response.body?.getReader().read();
    const lastEventID = /^id: (.*)$/m.exec(new TextDecoder().decode(first?.value))?.[1] ?? "";
    gone.abort();
    const again = await fetch(client.url, {
      headers: { ...client.headers, accept: "text/event-stream", "last-event-id": lastEventID },
    });
    let heard = "";
    for await (const chunk of again.body ?? []) {
      heard += new TextDecoder().decode(chunk);
      if (messagesIn(heard).some(({ id }) => id === "call")) break;
    }
    expect(await client.textOf("cancelled")).toBe("0");
  });

  it("are sent comments while they wait, so that nobody on the way takes the connection for dead", async () => {
    const client = await LegacyClient.connect(await serve({ limits: { keepAliveSeconds: 0.05 } }));
    const body = { jsonrpc: "2.0", id: 7, method: "tools/call", params: { name: "sleep", arguments: { ms: 500 } } };
    const headers = { ...client.headers, ...accept };
    const answer = await fetch(client.url, { method: "POST", headers, body: JSON.stringify(body) });
    const text = await answer.text();
    expect(text.match(/^: keep-alive$/gm)?.length).toBeGreaterThan(2);
    expect(messagesIn(text)).toMatchObject([{ id: 7, result: { content: [{ text: "awake" }] } }]);
  });

  it("that open their stream again and again get everything on the newest one", async () => {
    const client = await LegacyClient.connect(await serve());
    const streams: { text: string; stop: AbortController; done: Promise<void> }[] = [];
    for (let index = 0; index < 3; index += 1) {
      const stop = new AbortController();
      const response = await fetch(client.url, {
        headers: { ...client.headers, accept: "text/event-stream" },
        signal: stop.signal,
      });
      const stream = { text: "", stop, done: Promise.resolve() };
      stream.done = (async () => {
        for await (const chunk of response.body ?? []) stream.text += new TextDecoder().decode(chunk);
      })().catch(() => {});
      streams.push(stream);
    }
    await client.call("test_trigger_tool_change");
    await until(() => messagesIn(streams.at(-1)?.text ?? "").length === 1);
    expect(streams.slice(0, -1).map(({ text }) => messagesIn(text))).toEqual([[], []]);
    for (const { stop } of streams) stop.abort();
    await Promise.all(streams.map(({ done }) => done));
  });

  it("that do not read their stream lose it before what waits for them fills the memory; others notice nothing", async () => {
    const url = await serve();
    const slow = await LegacyClient.connect(url);
    const other = await LegacyClient.connect(url);
    const socket = connect(Number(new URL(url).port), "127.0.0.1");
    const lines = Object.entries({ ...slow.headers, host: "127.0.0.1", accept: "text/event-stream" });
    const head = lines.map(([name, value]) => `${name}: ${value}\r\n`).join("");
    socket.write(`GET /mcp HTTP/1.1\r\n${head}\r\n`);
    await new Promise((resolve) => socket.once("data", resolve));
    socket.pause();
    const mebibyte = 1024 * 1024;
    const flooding = slow.textOf("flood", { count: 100, bytes: mebibyte });
    expect(await other.textOf("echo", { text: "x" })).toBe("x");
    expect(await flooding).toBe("flooded");
    let bytes = 0;
    socket.on("error", () => {});
    socket.on("data", (chunk) => {
      bytes += chunk.length;
    });
    socket.resume();
    await new Promise((resolve) => socket.once("close", resolve));
    expect(bytes).toBeLessThan(64 * mebibyte);
    expect(await slow.textOf("echo", { text: "y" })).toBe("y");
  });

  it("that vanish with their stream open leave no server behind", async () => {
    const url = await serve({ sessions: { idleTimeoutSeconds: 0.5 } });
    const client = await LegacyClient.connect(url);
    const gone = new AbortController();
    await fetch(url, { headers: { ...client.headers, accept: "text/event-stream" }, signal: gone.signal });
    expect(proxy?.server.status.processes).toBe(1);
    gone.abort();
    await until(() => proxy?.server.status.processes === 0);
    expect((await post(url, { jsonrpc: "2.0", id: 1, method: "ping" }, client.headers)).status).toBe(200);
  });
});
