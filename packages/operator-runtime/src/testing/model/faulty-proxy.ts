import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { request as forward } from "node:https";
import type { Socket } from "node:net";
import type { Failure } from "./model-server.ts";

/** A way to an API server that can go wrong. Speaks HTTP to the client and HTTPS to the server. */
export class FaultyProxy {
  readonly #target: URL;
  readonly #sockets = new Set<Socket>();
  readonly #watches = new Set<Socket>();
  #failures = 0;
  #failure: Failure = 500;
  /** Resumed watches that are refused yet. */
  #expired = 0;
  readonly #server = createServer((request, response) => this.#handle(request, response));

  constructor(target: string) {
    this.#target = new URL(target);
  }

  /** @returns its URL. */
  async start(): Promise<string> {
    this.#server.on("connection", (socket) => {
      this.#sockets.add(socket);
      socket.on("close", () => this.#sockets.delete(socket));
    });
    await new Promise<void>((resolve) => this.#server.listen(0, "127.0.0.1", resolve));
    const address = this.#server.address();
    return `http://127.0.0.1:${typeof address === "object" && address ? address.port : 0}`;
  }

  /** The next requests that create nothing fail. */
  fail(times: number, how: Failure): void {
    [this.#failures, this.#failure] = [times, how];
  }

  cutWatches(): void {
    for (const socket of this.#watches) socket.resetAndDestroy();
    this.#watches.clear();
  }

  /** As after a compaction: every watch that runs now must fetch a new picture. */
  expireWatches(): void {
    this.#expired = this.#watches.size;
    this.cutWatches();
  }

  async stop(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #handle(request: IncomingMessage, response: ServerResponse): void {
    const fault = this.#faultOf(request);
    if (fault === "reset") request.socket.resetAndDestroy();
    else if (fault !== undefined) refuse(response, fault);
    else this.#forward(request, response);
  }

  #faultOf({ method, url = "" }: IncomingMessage): Failure | undefined {
    if (method !== "POST" && this.#failures-- > 0) return this.#failure;
    const resumes = /[?&]watch=true/.test(url) && !url.includes("sendInitialEvents");
    return resumes && this.#expired-- > 0 ? 410 : undefined;
  }

  #forward(request: IncomingMessage, response: ServerResponse): void {
    const { method, url = "", headers, socket } = request;
    if (/[?&]watch=true/.test(url)) this.#watches.add(socket);
    const { hostname, port } = this.#target;
    const options = { hostname, port, method, path: url, headers, rejectUnauthorized: false };
    const onward = forward(options, (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      response.flushHeaders();
      answer.pipe(response);
    });
    onward.on("error", () => socket.destroy());
    response.on("close", () => {
      this.#watches.delete(socket);
      onward.destroy();
    });
    request.pipe(onward);
  }
}

function refuse(response: ServerResponse, code: number): void {
  const status = { kind: "Status", apiVersion: "v1", metadata: {}, status: "Failure", code, reason: reasons[code] };
  response.writeHead(code, { "content-type": "application/json" });
  response.end(JSON.stringify({ ...status, message: "an injected fault" }));
}

const reasons: Record<number, string> = {
  409: "Conflict",
  410: "Expired",
  429: "TooManyRequests",
  500: "InternalError",
  503: "ServiceUnavailable",
};
