import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import type { ClusterConfig, LocalResponse } from "@moorage/kube-client";
import { MemoryApi } from "./memory-api.ts";

/** An API server in memory that can misbehave, behind HTTP. */
export class MemoryApiServer extends MemoryApi {
  readonly #sockets = new Set<Socket>();
  readonly #server = createServer((request, response) => void this.#handle(request, response));

  async start(): Promise<ClusterConfig> {
    this.#server.on("connection", (socket) => {
      this.#sockets.add(socket);
      socket.on("close", () => this.#sockets.delete(socket));
    });
    await new Promise<void>((resolve) => this.#server.listen(0, "127.0.0.1", resolve));
    const { port } = this.#server.address() as AddressInfo;
    return { server: `http://127.0.0.1:${port}`, namespace: "default" };
  }

  get connections(): number {
    return this.#sockets.size;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  async #handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method = "", url = "/", headers } = request;
    const body = await textOf(request);
    const contentType = headers["content-type"];
    this.serve(
      { method, path: url, headers: contentType ? { "content-type": contentType } : {}, body },
      overHttp(response),
    );
  }
}

function overHttp(response: ServerResponse): LocalResponse {
  return {
    start(statusCode, headers = {}) {
      response.writeHead(statusCode, headers);
      response.flushHeaders();
    },
    write: (text) => void response.write(text),
    end: () => void response.end(),
    break: () => void response.socket?.resetAndDestroy(),
    onClose: (listener) => void response.on("close", listener),
  };
}

async function textOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk);
  return Buffer.concat(chunks).toString("utf8");
}
