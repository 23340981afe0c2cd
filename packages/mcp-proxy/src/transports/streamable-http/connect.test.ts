import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { text } from "node:stream/consumers";
import { setTimeout as delay } from "node:timers/promises";
import { type Message, notification, request } from "@moorage/mcp-messages";
import { afterEach, describe, expect, it } from "vitest";
import type { Connection, Pin, Receiver } from "../../connection.ts";
import { frameOf } from "../../frame.ts";
import { remoteEndpoint } from "../../upstream/http-endpoint.ts";
import { connectStreamableHTTP } from "./connect.ts";

let server: Server | undefined;
let connection: Connection | undefined;
afterEach(async () => {
  await connection?.close();
  server?.closeAllConnections();
  server?.close();
});

const initialize = request(0, "initialize", {});
const initialized = notification("notifications/initialized");
const call = request(1, "tools/call", {});
const results: Readonly<Record<string, object>> = {
  initialize: { protocolVersion: "2025-11-25" },
  "tools/call": { content: [] },
};

interface Behaviour {
  /** Answers a request in place of its result, with status 400. */
  readonly refusal?: object;
  /** Before `notifications/initialized` is accepted. */
  readonly acceptAfterMs?: number;
  /** What becomes of the server's own stream. */
  readonly stream: (response: ServerResponse) => unknown;
}

/** A server with sessions; `steps` is what it has seen and finished, in order. */
async function serve({ acceptAfterMs = 0, refusal, stream }: Behaviour): Promise<{ url: string; steps: string[] }> {
  const steps: string[] = [];
  const answer = async (incoming: IncomingMessage, response: ServerResponse) => {
    if (incoming.method === "GET") {
      await stream(response);
      steps.push("stream");
      return;
    }
    const body = await text(incoming);
    const { id, method } = body === "" ? { id: undefined, method: "end" } : JSON.parse(body);
    if (method === initialized.method) await delay(acceptAfterMs);
    steps.push(method);
    response.setHeader("mcp-session-id", "s");
    if (id === undefined) {
      response.writeHead(202).end();
      return;
    }
    response.setHeader("content-type", "application/json");
    if (refusal && method !== "initialize") {
      response.writeHead(400).end(JSON.stringify({ jsonrpc: "2.0", ...refusal }));
      return;
    }
    response.end(JSON.stringify({ jsonrpc: "2.0", id, result: results[method] }));
  };
  server = createServer((incoming, response) => void answer(incoming, response));
  await new Promise<void>((resolve) => server?.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  const port = address !== null && typeof address !== "string" ? address.port : 0;
  return { url: `http://127.0.0.1:${port}/mcp`, steps };
}

/** Opens a conversation; the function sends messages, and resolves when the last of them is answered. */
function conversation(url: string, pin?: Pin): (...messages: Message[]) => Promise<unknown> {
  let answered = (_: unknown) => {};
  const receiver: Receiver = {
    frame: ({ message }) => answered(message),
    dropped() {},
    unsent: (_id, ending) => answered(ending),
    garbage() {},
    ended: (ending) => answered(ending),
  };
  const endpoint = remoteEndpoint({ transport: "streamable-http", url }, () => undefined);
  connection = connectStreamableHTTP(endpoint, receiver, { maximumBytes: 1_000_000, ...(pin && { pin }) });
  return (...messages) =>
    new Promise((resolve) => {
      answered = resolve;
      for (const message of messages) connection?.send(frameOf(message));
    });
}

const open = async (response: ServerResponse) => {
  await delay(50);
  response.writeHead(200, { "content-type": "text/event-stream" }).flushHeaders();
};

describe("the client side of streamable HTTP", () => {
  it("sends no request before the server has taken the end of the handshake and opened its stream", async () => {
    const { url, steps } = await serve({ acceptAfterMs: 50, stream: open });
    const send = conversation(url);
    await send(initialize);
    expect(await send(initialized, call)).toMatchObject({ id: 1, result: { content: [] } });
    expect(steps).toEqual(["initialize", "notifications/initialized", "stream", "tools/call"]);
  });

  it("opens the stream of a session that it continues before it sends anything", async () => {
    const { url, steps } = await serve({ stream: open });
    const send = conversation(url, { sessionID: "s", protocolVersion: "2025-11-25" });
    await send(call);
    expect(steps).toEqual(["stream", "tools/call"]);
  });

  it.each<[string, Behaviour["stream"]]>([
    ["has no stream", (response) => response.writeHead(405).end()],
    ["sends nothing on its stream until it has something to say", () => {}],
    ["cuts its stream", (response) => response.destroy()],
  ])("does not wait for long for a server that %s", async (_, stream) => {
    const { url } = await serve({ stream });
    const send = conversation(url);
    await send(initialize);
    expect(await send(initialized, call)).toMatchObject({ id: 1, result: { content: [] } });
  });

  it.each([
    { id: null, error: { code: -32_000, message: "Bad Request: No valid session ID provided" } },
    { error: { code: -32_000, message: "Bad Request: Server not initialized" } },
  ])("takes the refusal %j for the end of the session: the request can be sent again in another", async (refusal) => {
    const { url } = await serve({ refusal, stream: open });
    const send = conversation(url, { sessionID: "old", protocolVersion: "2025-11-25" });
    expect(await send(call)).toMatchObject({ reason: "SessionExpired", unused: true });
  });

  it.each([
    { id: 1, error: { code: -32_602, message: "There is no such session of the database" } },
    { id: null, error: { code: -32_600, message: "Bad Request: Unsupported protocol version" } },
  ])("passes the refusal %j on", async (refusal) => {
    const { url } = await serve({ refusal, stream: open });
    const send = conversation(url, { sessionID: "old", protocolVersion: "2025-11-25" });
    expect(await send(call)).toMatchObject({ id: 1, error: refusal.error });
  });

  it("sends calls that follow each other over connections that are kept", async () => {
    const { url } = await serve({ stream: open });
    let connections = 0;
    server?.on("connection", () => {
      connections += 1;
    });
    const send = conversation(url, { sessionID: "s", protocolVersion: "2025-11-25" });
    for (let id = 1; id <= 20; id += 1) expect(await send({ ...call, id })).toMatchObject({ id });
    // One for the stream, and two in turn: an answer is passed on a moment before its connection is free.
    expect(connections).toBeLessThanOrEqual(3);
  });

  it.each([
    { leaveSession: false, last: "end" },
    { leaveSession: true, last: "tools/call" },
  ])("ends the server's session when it closes with %j", async ({ leaveSession, last }) => {
    const { url, steps } = await serve({ stream: open });
    const send = conversation(url, { sessionID: "s", protocolVersion: "2025-11-25" });
    await send(call);
    await connection?.close({ leaveSession });
    expect(steps.at(-1)).toBe(last);
  });
});
