import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";

/** What a path answers: a text and its type, with the HTTP status. */
export interface Answer {
  status: number;
  type: string;
  body: string;
}

/** Where to listen. Port 0: any free one. */
export interface Address {
  /** Default: all interfaces. */
  host?: string | undefined;
  port: number;
}

/** A GET-only server for a few fixed paths: probes and metrics. */
export interface HttpEndpoint {
  /** The port it listens on. */
  port: number;
  close(): Promise<void>;
}

type Routes = Readonly<Record<string, () => Answer | Promise<Answer>>>;

/** @throws Error that names the address when it cannot be listened on. */
export async function serveHttp(purpose: string, address: Address, routes: Routes): Promise<HttpEndpoint> {
  const server = createServer((request, response) => void answer(routes, request, response));
  // Probes and scrapes are small and quick; whoever is not, is no such client.
  server.requestTimeout = 10_000;
  server.headersTimeout = 5_000;
  server.maxConnections = 256;
  const port = await listen(server, purpose, address);
  return {
    port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function answer(routes: Routes, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const path = new URL(request.url ?? "/", "http://localhost").pathname;
  const route = routes[path];
  if (request.method !== "GET" && request.method !== "HEAD") return send(response, text(405, "Use GET"));
  if (!route) return send(response, text(404, `Nothing here; there is ${Object.keys(routes).join(", ")}`));
  try {
    send(response, await route());
  } catch (error) {
    send(response, text(500, error instanceof Error ? error.message : String(error)));
  }
}

function send(response: ServerResponse, { status, type, body }: Answer): void {
  response.writeHead(status, { "content-type": type, "content-length": Buffer.byteLength(body) }).end(body);
}

/** A plain text answer. */
export function text(status: number, body: string): Answer {
  return { status, type: "text/plain; charset=utf-8", body: `${body}\n` };
}

function listen(server: Server, purpose: string, { host, port }: Address): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once("error", (cause) => {
      const where = `${host ?? "*"}:${port}`;
      reject(new Error(`Cannot serve ${purpose} on ${where}: ${cause.message}; choose another address`, { cause }));
    });
    server.listen(port, host, () => {
      const bound = server.address();
      resolve(typeof bound === "object" && bound ? bound.port : port);
    });
  });
}
