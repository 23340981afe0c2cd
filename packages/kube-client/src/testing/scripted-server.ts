import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { onTestFinished } from "vitest";
import type { ClusterConfig } from "../config/cluster-config.ts";

/** One request as a test sees it. */
export interface Exchange {
  request: IncomingMessage;
  response: ServerResponse;
  method: string;
  path: string;
  query: URLSearchParams;
  /** Answers with JSON. */
  json(status: number, body: unknown, headers?: Record<string, string>): void;
  /** Sends the headers of a watch, then lines; the stream stays open. */
  lines(...lines: readonly unknown[]): void;
}

/** A server that does what a test tells it, right or wrong. */
export interface ScriptedServer {
  cluster: ClusterConfig;
  /** Connections opened so far. */
  connections(): number;
  /** Connections open now. */
  open(): ReadonlySet<Socket>;
  requests: Exchange[];
}

/** Starts one for the test that runs; it ends with the test. */
export async function scriptedServer(handle: (exchange: Exchange, number: number) => void): Promise<ScriptedServer> {
  const requests: Exchange[] = [];
  const sockets = new Set<Socket>();
  let connections = 0;
  const server = createServer((request, response) => {
    const exchange = exchangeOf(request, response);
    requests.push(exchange);
    handle(exchange, requests.length);
  });
  server.on("connection", (socket) => {
    connections += 1;
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  onTestFinished(async () => {
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => server.close(resolve));
  });
  return {
    cluster: { server: `http://127.0.0.1:${port}`, namespace: "default" },
    connections: () => connections,
    open: () => sockets,
    requests,
  };
}

function exchangeOf(request: IncomingMessage, response: ServerResponse): Exchange {
  const url = new URL(request.url ?? "/", "http://localhost");
  return {
    request,
    response,
    method: request.method ?? "",
    path: url.pathname,
    query: url.searchParams,
    json(status, body, headers = {}) {
      response.writeHead(status, { "content-type": "application/json", ...headers }).end(JSON.stringify(body));
    },
    lines(...lines) {
      if (!response.headersSent) response.writeHead(200, { "content-type": "application/json" });
      response.flushHeaders();
      for (const line of lines) response.write(`${typeof line === "string" ? line : JSON.stringify(line)}\n`);
    },
  };
}

/** A ConfigMap as a server stores it. */
export function stored(name: string, resourceVersion: string, extra: Record<string, unknown> = {}) {
  return {
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: { name, namespace: "default", uid: `uid-${name}`, resourceVersion },
    ...extra,
  };
}

/** A bookmark; with `end` the one that ends the initial events. */
export function bookmark(resourceVersion: string, options: { end?: boolean } = {}) {
  const annotations = options.end ? { annotations: { "k8s.io/initial-events-end": "true" } } : {};
  return {
    type: "BOOKMARK",
    object: { kind: "ConfigMap", apiVersion: "v1", metadata: { resourceVersion, ...annotations } },
  };
}

/** A Status of failure. */
export function failure(code: number, reason: string, message = reason) {
  return { kind: "Status", apiVersion: "v1", metadata: {}, status: "Failure", code, reason, message };
}
