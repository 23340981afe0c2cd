import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { afterEach, describe, expect, it } from "vitest";
import type { Receiver } from "../../connection.ts";
import { frameOf } from "../../frame.ts";
import { remoteEndpoint } from "../../upstream/http-endpoint.ts";
import { connectStreamableHTTP } from "./connect.ts";

let server: Server | undefined;
afterEach(() => {
  server?.closeAllConnections();
  server?.close();
});

const answer = { jsonrpc: "2.0", id: 1, result: { done: true } };

interface Behaviour {
  /** Answers the call itself. */
  readonly post: (response: ServerResponse) => void;
  /** Answers each attempt to go on. */
  readonly get: (response: ServerResponse, request: IncomingMessage) => void;
}

/** Sends one request to a server that behaves so; resolves with what came of it, and the event ids it was asked from. */
async function outcomeOf({ post, get }: Behaviour): Promise<{ message: unknown; asked: unknown[] }> {
  const asked: unknown[] = [];
  server = createServer((request, response) => {
    if (request.method === "GET") asked.push(request.headers["last-event-id"]);
    response.setHeader("content-type", "text/event-stream");
    if (request.method === "POST") post(response);
    else get(response, request);
  });
  await new Promise<void>((resolve) => server?.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  const port = address !== null && typeof address !== "string" ? address.port : 0;
  const { promise, resolve } = Promise.withResolvers<unknown>();
  const receiver: Receiver = {
    frame: ({ message }) => resolve(message),
    dropped: () => resolve("dropped"),
    unsent: () => resolve("unsent"),
    garbage: () => {},
    ended: ({ reason }) => resolve(reason),
  };
  const upstream = { transport: "streamable-http" as const, url: `http://127.0.0.1:${port}/mcp` };
  const endpoint = remoteEndpoint(upstream, () => undefined);
  const connection = connectStreamableHTTP(endpoint, receiver, { maximumBytes: 1_000_000 });
  connection.send(frameOf({ jsonrpc: "2.0", id: 1, method: "tools/call", params: {} }));
  const message = await promise;
  await connection.close();
  return { message, asked };
}

const finish = (response: ServerResponse) => response.end(`id: b\ndata: ${JSON.stringify(answer)}\n\n`);

describe("an event stream that ends before the answer", () => {
  it("is continued from the last event, after the time that the server asked for", async () => {
    const start = performance.now();
    const { message, asked } = await outcomeOf({
      post: (response) => response.end("id: a\nretry: 200\ndata:\n\n"),
      get: finish,
    });
    expect(message).toEqual(answer);
    expect(asked).toEqual(["a"]);
    expect(performance.now() - start).toBeGreaterThanOrEqual(200);
  });

  it("is continued where the connection broke, and again until the answer is there", async () => {
    let attempts = 0;
    const { message, asked } = await outcomeOf({
      post: (response) => {
        response.write("id: a\nretry: 50\ndata:\n\n");
        setTimeout(() => response.destroy(), 20);
      },
      get: (response) => {
        attempts += 1;
        if (attempts === 1) response.destroy();
        else if (attempts === 2) response.writeHead(503).end();
        else if (attempts === 3) response.end("id: b\ndata:\n\n");
        else finish(response);
      },
    });
    expect(message).toEqual(answer);
    expect(asked).toEqual(["a", "a", "a", "b"]);
  });

  it("fails the call where the server does not continue it", async () => {
    const { message } = await outcomeOf({
      post: (response) => response.end("id: a\nretry: 50\ndata:\n\n"),
      get: (response) => response.writeHead(405).end(),
    });
    expect(message).toMatchObject({ id: 1, error: { message: expect.stringContaining("before it was complete") } });
  });

  it("fails the call at once where its events have no ids", async () => {
    const { message, asked } = await outcomeOf({
      post: (response) => response.end('data: {"jsonrpc":"2.0","method":"notifications/message","params":{}}\n\n'),
      get: finish,
    });
    expect(message).toMatchObject({ method: "notifications/message" });
    expect(asked).toEqual([]);
  });
});
