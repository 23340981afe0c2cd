import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

export type RequestListener = (request: IncomingMessage, response: ServerResponse) => Promise<void>;

/** Largest header block: session ids are long, and so are tokens. */
const maximumHeaderBytes = 32 * 1024;
/** A client that takes longer to send its request has gone. */
const requestTimeoutMs = 60_000;

/** One HTTP server on one port. */
export class HTTPServer {
  readonly #server: Server;

  constructor(listener: RequestListener, onError: (error: unknown) => void) {
    this.#server = createServer(
      { maxHeaderSize: maximumHeaderBytes, requestTimeout: requestTimeoutMs, keepAliveTimeout: 65_000, noDelay: true },
      (request, response) => {
        listener(request, response).catch((error: unknown) => {
          onError(error);
          response.destroy();
        });
      },
    );
  }

  /** Resolves with the port once connections are accepted; rejects with a clear error where that is impossible. */
  listen(port: number, host: string): Promise<number> {
    return new Promise((resolve, reject) => {
      this.#server.once("error", (cause: NodeJS.ErrnoException) => {
        const hint = cause.code === "EADDRINUSE" ? "another program listens there: choose another port" : cause.message;
        reject(new Error(`Cannot listen on ${host}:${port}: ${hint}`, { cause }));
      });
      this.#server.listen({ port, host, backlog: 4096 }, () => resolve(portOf(this.#server.address())));
    });
  }

  /** Accepts no more connections; those without a request in flight are closed. */
  stopAccepting(): void {
    this.#server.close();
    this.#server.closeIdleConnections();
  }

  /** Cuts every connection. */
  closeAll(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }
}

function portOf(address: AddressInfo | string | null): number {
  if (address === null || typeof address === "string") throw new Error("The server has no port");
  return address.port;
}
