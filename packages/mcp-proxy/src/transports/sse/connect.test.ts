import { createServer, type Server } from "node:http";
import { text } from "node:stream/consumers";
import { setTimeout as delay } from "node:timers/promises";
import { encodeEvent, notification, request } from "@moorage/mcp-messages";
import { afterEach, expect, it } from "vitest";
import type { Receiver } from "../../connection.ts";
import { frameOf } from "../../frame.ts";
import { remoteEndpoint } from "../../upstream/http-endpoint.ts";
import { connectSSE } from "./connect.ts";

let server: Server | undefined;
afterEach(() => {
  server?.closeAllConnections();
  server?.close();
});

it("lets no request overtake the end of the handshake, however long the server thinks about it", async () => {
  const taken: string[] = [];
  const { promise: answered, resolve: answer } = Promise.withResolvers<void>();
  server = createServer((incoming, response) => {
    if (incoming.method === "GET") {
      response.writeHead(200, { "content-type": "text/event-stream" });
      response.write(encodeEvent({ event: "endpoint", data: "/messages" }));
      return;
    }
    void text(incoming).then(async (body) => {
      const { id, method } = JSON.parse(body);
      if (id === undefined) await delay(50);
      taken.push(method);
      response.writeHead(202).end();
      if (id !== undefined) answer();
    });
  });
  await new Promise<void>((resolve) => server?.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  const port = address !== null && typeof address !== "string" ? address.port : 0;
  const receiver: Receiver = { frame() {}, dropped() {}, unsent() {}, garbage() {}, ended() {} };
  const endpoint = remoteEndpoint({ transport: "sse", url: `http://127.0.0.1:${port}/sse` }, () => undefined);
  const connection = connectSSE(endpoint, receiver, { maximumBytes: 1_000_000 });
  connection.send(frameOf(notification("notifications/initialized")));
  connection.send(frameOf(request(1, "tools/list")));
  await answered;
  expect(taken).toEqual(["notifications/initialized", "tools/list"]);
  await connection.close();
});
