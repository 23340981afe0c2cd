import { once } from "node:events";
import { readdirSync } from "node:fs";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { Agent, type ClientRequest, type IncomingMessage, type RequestOptions, request } from "node:http";
import { createConnection } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { RunConfig } from "./run-config/schema.ts";
import { LegacyClient, post } from "./testing/raw-client.ts";
import { fixtureConfig, type RunningProxy, startProxy, startReadyProxy, until } from "./testing/running-proxy.ts";

const proxies: RunningProxy[] = [];

async function ready(overrides: Partial<RunConfig> = {}): Promise<RunningProxy> {
  const proxy = await startReadyProxy(fixtureConfig(overrides));
  proxies.push(proxy);
  return proxy;
}

/** A request and the head of its answer. */
function sent(url: string, options: RequestOptions, body = "") {
  return new Promise<{ request: ClientRequest; response: IncomingMessage }>((resolve, reject) => {
    const sending = request(url, options, (response) => resolve({ request: sending, response }));
    sending.once("error", reject).end(body);
  });
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

afterEach(async () => {
  await Promise.all(proxies.splice(0).map(({ server }) => server.stop()));
});

describe("ProxyServer: sessions", () => {
  it("gives every session a server process of its own", async () => {
    const { url } = await ready();
    const [one, two] = await Promise.all([LegacyClient.connect(url), LegacyClient.connect(url)]);
    const pids = await Promise.all([one.textOf("pid"), two.textOf("pid"), one.textOf("pid")]);
    expect(pids[0]).toBe(pids[2]);
    expect(pids[0]).not.toBe(pids[1]);
  });

  it("stops the process when the client ends the session, and knows the session no more", async () => {
    const { url } = await ready();
    const client = await LegacyClient.connect(url);
    const pid = Number(await client.textOf("pid"));
    expect((await client.end()).status).toBe(200);
    await until(() => !isAlive(pid));
    expect((await client.call("pid")).status).toBe(404);
  });

  it("never crosses the answers of 64 clients that use the same ids", async () => {
    const { url } = await ready();
    const clients = await Promise.all(Array.from({ length: 64 }, () => LegacyClient.connect(url)));
    const texts = await Promise.all(clients.map((client, index) => client.textOf("echo", { text: `client ${index}` })));
    expect(texts).toEqual(clients.map((_, index) => `client ${index}`));
  });

  it("refuses an id that is in flight in the same session", async () => {
    const { url } = await ready();
    const client = await LegacyClient.connect(url);
    const call = { jsonrpc: "2.0", id: 1, method: "tools/call", params: { name: "sleep", arguments: { ms: 300 } } };
    const answers = await Promise.all([client.post(call), client.post(call)]);
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 400]);
  });

  it("passes requests of the server to the client and its answers back", async () => {
    const { url } = await ready();
    const client = await LegacyClient.connect(url, { sampling: {} });
    const response = await fetch(url, {
      method: "POST",
      headers: { ...client.headers, "content-type": "application/json", accept: "application/json, text/event-stream" },
      body: JSON.stringify({
        jsonrpc: "2.0",
        id: 7,
        method: "tools/call",
        params: { name: "test_sampling", arguments: { prompt: "?" } },
      }),
    });
    expect(response.headers.get("content-type")).toBe("text/event-stream");
    const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
    const first = await reader?.read();
    const id = Number(/"id":(\d+)/.exec(first?.value ?? "")?.[1]);
    const result = { role: "assistant", model: "m", content: { type: "text", text: "sampled" } };
    expect((await client.post({ jsonrpc: "2.0", id, result })).status).toBe(202);
    let rest = "";
    for (let next = await reader?.read(); next && !next.done; next = await reader?.read()) rest += next.value;
    expect(rest).toContain("LLM response: sampled");
  });

  it("survives its own restart with a key file: the session goes on with a fresh server", async () => {
    const folder = await mkdtemp(join(tmpdir(), "moorage-"));
    const keyFile = join(folder, "keys");
    await writeFile(keyFile, "k".repeat(40));
    const first = await ready({ sessions: { keyFile } });
    const client = await LegacyClient.connect(first.url);
    await first.server.stop();
    const second = await ready({ sessions: { keyFile } });
    const again = new LegacyClient(second.url, client.session);
    expect(await again.textOf("echo", { text: "still here" })).toBe("still here");
    await rm(folder, { recursive: true });
  });

  it("goes on taking calls for lingerSeconds when it stops, not ready, and asks clients to leave", async () => {
    const { url, probes, server } = await ready({ limits: { lingerSeconds: 1 } });
    const client = await LegacyClient.connect(url);
    const stopped = server.stop();
    expect((await fetch(`${probes}/readyz`)).status).toBe(503);
    const late = await LegacyClient.connect(url);
    const response = await fetch(url, {
      method: "POST",
      headers: { ...late.headers, "content-type": "application/json", accept: "application/json, text/event-stream" },
      body: JSON.stringify({ jsonrpc: "2.0", id: 1, method: "ping" }),
    });
    expect([response.status, response.headers.get("connection")]).toEqual([200, "close"]);
    expect(await client.textOf("echo", { text: "still" })).toBe("still");
    await stopped;
    await expect(fetch(url, { method: "POST" })).rejects.toThrow();
  });

  it("lingers as long as a load balancer still sends clients, and a second more", async () => {
    const { url, server } = await ready({ limits: { lingerSeconds: 0.5 } });
    const { hostname, port } = new URL(url);
    const stopped = server.stop();
    const connect = async () => {
      const socket = createConnection({ host: hostname, port: Number(port) });
      await once(socket, "connect");
      socket.destroy();
    };
    for (let count = 0; count < 10; count++) {
      await connect();
      await sleep(200);
    }
    await stopped;
    await expect(connect()).rejects.toThrow("ECONNREFUSED");
  });

  it("answers on a connection whose stream has ended as it stops: its client may use it at once", async () => {
    const { url, server } = await ready({ limits: { lingerSeconds: 0.5 } });
    const client = await LegacyClient.connect(url);
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    const stream = await sent(url, { agent, headers: { ...client.headers, accept: "text/event-stream" } });
    const stopped = server.stop();
    for await (const _comment of stream.response);
    await sleep(300);
    const ping = JSON.stringify({ jsonrpc: "2.0", id: 1, method: "ping" });
    const accept = "application/json, text/event-stream";
    const headers = { ...client.headers, "content-type": "application/json", accept };
    const { request, response } = await sent(url, { agent, method: "POST", headers }, ping);
    expect([request.reusedSocket, response.statusCode, response.headers.connection]).toEqual([true, 200, "close"]);
    response.resume();
    await stopped;
  });

  it("keeps an idle connection for as long as its client may use it, which it is told", async () => {
    const { url, server } = await ready({ limits: { lingerSeconds: 0.5 } });
    const client = await LegacyClient.connect(url);
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    const ping = JSON.stringify({ jsonrpc: "2.0", id: 1, method: "ping" });
    const accept = "application/json, text/event-stream";
    const headers = { ...client.headers, "content-type": "application/json", accept };
    const first = await sent(url, { agent, method: "POST", headers }, ping);
    first.response.resume();
    expect(first.response.headers["keep-alive"]).toBe("timeout=5");
    const stopped = server.stop();
    await sleep(3000);
    const { request, response } = await sent(url, { agent, method: "POST", headers }, ping);
    expect([request.reusedSocket, response.statusCode, response.headers.connection]).toEqual([true, 200, "close"]);
    response.resume();
    await stopped;
  });

  it("stops idle servers and starts them again on demand", async () => {
    const { url, server } = await ready({ sessions: { maximum: 2 } });
    const clients = [];
    for (let index = 0; index < 5; index += 1) clients.push(await LegacyClient.connect(url));
    expect(server.status.sessions).toBe(2);
    expect(await clients[0]?.textOf("echo", { text: "back" })).toBe("back");
    expect(server.status.sessions).toBe(2);
  });
});

describe("ProxyServer: refusals", () => {
  let url: string;
  let client: LegacyClient;
  const ping = { jsonrpc: "2.0", id: 1, method: "ping" };
  beforeEach(async () => {
    ({ url } = await ready({ limits: { requestBytes: 2048 } }));
    client = await LegacyClient.connect(url);
  });

  it.each([
    ["no session", () => post(url, ping), 400],
    ["an unknown session", () => post(url, ping, { "mcp-session-id": "nonsense" }), 404],
    ["text that is not JSON", () => client.post("{"), 400],
    ["a batch", () => client.post([ping]), 400],
    ["a body that is too large", () => client.post({ ...ping, params: { x: "x".repeat(3000) } }), 413],
    ["another content type", () => post(url, ping, { ...client.headers, "content-type": "text/plain" }), 415],
    ["a client that accepts nothing of ours", () => post(url, ping, { ...client.headers, accept: "text/html" }), 406],
    ["an unknown version", () => post(url, ping, { ...client.headers, "mcp-protocol-version": "1999-01-01" }), 400],
    ["a foreign origin", () => post(url, ping, { ...client.headers, origin: "http://evil.example.com" }), 403],
    ["another path", () => post(url.replace("/mcp", "/nope"), ping, client.headers), 404],
  ])("answers %s with the right status, as JSON", async (_, send, status) => {
    const answer = await send();
    expect(answer.status).toBe(status);
    expect(answer.messages[0]).toMatchObject({ jsonrpc: "2.0", error: { message: expect.any(String) } });
    expect((await client.call("pid")).status).toBe(200);
  });

  it("answers another HTTP method with 405", async () => {
    const response = await fetch(url, { method: "PUT" });
    expect([response.status, response.headers.get("allow")]).toEqual([405, "POST, GET, DELETE"]);
  });
});

describe("ProxyServer: failures", () => {
  it("fails the call when the server dies, says why, and serves the next one", async () => {
    const { url } = await ready();
    const client = await LegacyClient.connect(url);
    const answer = await client.textOf("exit", { code: 3 });
    expect(answer).toMatch(/exited with code 3\. Its last words: .*told to exit/);
    expect(await client.textOf("echo", { text: "alive" })).toBe("alive");
  });

  it("drops a message that is too large, and nothing else", async () => {
    const { url } = await ready({ limits: { responseBytes: 100_000 } });
    const client = await LegacyClient.connect(url);
    const [big, small] = await Promise.all([
      client.textOf("big", { bytes: 200_000 }),
      client.textOf("echo", { text: "x" }),
    ]);
    expect(big).toMatch(/larger than limits\.responseBytes/);
    expect(small).toBe("x");
  });

  it.each([16, 32])("carries an answer of %i MiB", async (mebibytes) => {
    const { url } = await ready();
    const client = await LegacyClient.connect(url);
    expect((await client.textOf("big", { bytes: mebibytes * 1024 * 1024 })).length).toBe(mebibytes * 1024 * 1024);
  });

  it("reads over what is no message", async () => {
    const { url } = await ready();
    const client = await LegacyClient.connect(url);
    expect(await client.textOf("garbage")).toBe("Garbage was written");
  });

  it("ends a silent call in time and cancels it at the server", async () => {
    const { url } = await ready({ limits: { requestTimeoutSeconds: 0.2 } });
    const client = await LegacyClient.connect(url);
    expect(await client.textOf("sleep", { ms: 5000 })).toMatch(/neither answer nor progress for 0\.2 s/);
    expect(await client.textOf("echo", { text: "x" })).toBe("x");
  });

  it("answers 503 with the reason while the server does not work", async () => {
    const command = [process.execPath, "-e", "console.error('no token given'); process.exit(4)"];
    const proxy = await startProxy(fixtureConfig({ upstream: { transport: "stdio", command } }));
    proxies.push(proxy);
    await until(() => proxy.server.status.error !== undefined);
    const answer = await post(proxy.url, { jsonrpc: "2.0", id: 1, method: "initialize", params: {} });
    expect([answer.status, answer.headers.get("retry-after")]).toEqual([503, "1"]);
    expect(JSON.stringify(answer.messages)).toMatch(/exited with code 4.*no token given/);
    expect((await fetch(`${proxy.probes}/readyz`)).status).toBe(503);
    expect((await fetch(`${proxy.probes}/healthz`)).status).toBe(200);
  });

  it("names a command that does not exist", async () => {
    const proxy = await startProxy(fixtureConfig({ upstream: { transport: "stdio", command: ["/no/such/program"] } }));
    proxies.push(proxy);
    await until(() => proxy.server.status.error !== undefined);
    expect(proxy.server.status.error?.reason).toBe("CommandNotFound");
  });

  it("leaves no process behind when it stops", async () => {
    const { url, server } = await ready();
    const clients = await Promise.all(Array.from({ length: 4 }, () => LegacyClient.connect(url)));
    const pids = await Promise.all(clients.map(async (client) => Number(await client.textOf("pid"))));
    const late = clients[0]?.textOf("sleep", { ms: 300 });
    await until(async () => (await clients[1]?.textOf("echo", { text: "x" })) === "x");
    await server.stop();
    expect(await late).toBe("awake");
    expect(pids.filter(isAlive)).toEqual([]);
  });
});

describe("ProxyServer: configuration", () => {
  const tools = { filter: ["echo", "pid"], override: { echo: { name: "say", description: "Says it" } } };

  it("shows and renames tools as the ToolConfig says", async () => {
    const { url } = await ready({ tools });
    const client = await LegacyClient.connect(url);
    const [listed] = (await client.request("tools/list")).messages;
    expect(listed).toMatchObject({ result: { tools: [{ name: "say", description: "Says it" }, { name: "pid" }] } });
    expect(await client.textOf("say", { text: "hi" })).toBe("hi");
    expect(await client.textOf("echo", { text: "hi" })).toBe("error -32602: Unknown tool: echo");
    expect(await client.textOf("sleep", { ms: 1 })).toBe("error -32602: Unknown tool: sleep");
  });

  it("takes a new configuration without losing sessions", async () => {
    const { url, server } = await ready();
    const client = await LegacyClient.connect(url);
    const pid = await client.textOf("pid");
    const config = { ...fixtureConfig(), tools };
    expect(await server.configure(config)).toBeUndefined();
    expect(await client.textOf("pid")).toBe(pid);
    expect(await client.textOf("sleep", { ms: 1 })).toMatch(/Unknown tool/);
    expect(await server.configure({ ...config, listen: { port: 1 } })).toMatch(/listen\.port cannot change/);
  });

  it("fails no call while one configuration follows another", async () => {
    const { url, server } = await ready();
    const clients = await Promise.all(Array.from({ length: 4 }, () => LegacyClient.connect(url)));
    let busy = true;
    const load = clients.map(async (client) => {
      const answers = new Set<string>();
      while (busy) answers.add(await client.textOf("echo", { text: "x" }));
      return [...answers];
    });
    for (let index = 0; index < 50; index += 1) {
      const policies = [`permit(principal, action, resource) unless { resource == Tool::"${index}" };`];
      const config = fixtureConfig({ authz: { policies }, tools: { filter: ["echo", `tool-${index}`] } });
      expect(await server.configure(config)).toBeUndefined();
      expect(await server.configure({ ...config, authz: { policies: ["permit("] } })).toMatch(/cannot be parsed/);
    }
    busy = false;
    expect(await Promise.all(load)).toEqual([["x"], ["x"], ["x"], ["x"]]);
  });

  it("holds on to nothing of a hundred configurations before", async () => {
    const folder = await mkdtemp(join(tmpdir(), "moorage-"));
    const descriptors = () => readdirSync("/proc/self/fd").length;
    const audit = { file: join(folder, "audit.jsonl") };
    const numbered = (index: number) => ({
      ...fixtureConfig({ audit }),
      authz: { policies: [`permit(principal, action, resource) unless { resource == Tool::"tool-${index}" };`] },
    });
    const { url, server } = await ready(numbered(0));
    const client = await LegacyClient.connect(url);
    const before = descriptors();
    for (let index = 1; index <= 100; index += 1) expect(await server.configure(numbered(index))).toBeUndefined();
    expect(descriptors()).toBe(before);
    expect((await client.call("tool-99")).status).toBe(200);
    expect((await client.call("tool-100")).status).toBe(403);
    await until(async () => (await readFile(audit.file, "utf8")).includes('"target":"tool-100"'));
    await rm(folder, { recursive: true });
  });

  it("refuses an audit file that cannot be opened, and keeps the old one", async () => {
    const audit = { file: "/no/such/folder/audit.jsonl" };
    await expect(startProxy(fixtureConfig({ audit }))).rejects.toThrow(/^audit\.file: cannot be opened: ENOENT/);
    const { url, server } = await ready();
    expect(await server.configure(fixtureConfig({ audit }))).toMatch(/^audit\.file: cannot be opened/);
    expect(await (await LegacyClient.connect(url)).textOf("echo", { text: "x" })).toBe("x");
  });
});
