import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { createServer as createSecureServer, Server as SecureServer } from "node:https";
import type { AddressInfo } from "node:net";
import { type Certificate, tlsOptions } from "./certificate.ts";

export type RequestListener = (request: IncomingMessage, response: ServerResponse) => Promise<void>;

/** Largest header block: session ids are long, and so are tokens. */
const maximumHeaderBytes = 32 * 1024;
/** A client that takes longer to send its request has gone. */
const requestTimeoutMs = 60_000;
const tlsHandshakeTimeoutMs = 10_000;
const drainPollMs = 10;
/** Clients are told to close a connection that has been idle for so long. */
const clientIdleMs = 5_000;
/** The server closes it much later: load balancers that do not listen to that keep theirs for 60 s. */
const serverIdleMs = 65_000;
/** When nobody has come for so long, load balancers are taken to know that we go. */
const quietMs = 1_000;
const options = {
  maxHeaderSize: maximumHeaderBytes,
  requestTimeout: requestTimeoutMs,
  keepAliveTimeout: clientIdleMs,
  keepAliveTimeoutBuffer: serverIdleMs - clientIdleMs,
  noDelay: true,
  // A client whose machine has gone says nothing: the operating system finds out.
  keepAlive: true,
  keepAliveInitialDelay: 30_000,
};

export interface HTTPServerOptions {
  /** Told what no listener foresaw. */
  readonly onError: (error: unknown) => void;
  /** With a certificate the server speaks HTTPS. */
  readonly certificate?: Certificate | undefined;
}

/** One HTTP server on one port. */
export class HTTPServer {
  readonly #server: Server | SecureServer;
  #leaving = false;
  /** When a client last connected, sent a request or was answered. */
  #activeAt = 0;

  constructor(listener: RequestListener, { onError, certificate }: HTTPServerOptions) {
    const active = () => {
      this.#activeAt = performance.now();
    };
    const onRequest = (request: IncomingMessage, response: ServerResponse) => {
      active();
      response.once("close", active);
      if (this.#leaving) response.setHeader("connection", "close");
      listener(request, response).catch((error: unknown) => {
        onError(error);
        response.destroy();
      });
    };
    this.#server = certificate
      ? createSecureServer(
          { ...options, ...tlsOptions, ...certificate, handshakeTimeout: tlsHandshakeTimeoutMs },
          onRequest,
        )
      : createServer(options, onRequest);
    this.#server.on("connection", active);
  }

  /** New connections get this certificate; those that are open keep theirs. */
  useCertificate(certificate: Certificate): void {
    if (this.#server instanceof SecureServer) this.#server.setSecureContext({ ...tlsOptions, ...certificate });
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

  /**
   * Closes each connection after its next answer, which says so: a client that would send a request just when its idle
   * connection is closed could not know whether the request was taken.
   */
  askToLeave(): void {
    this.#leaving = true;
  }

  /**
   * Resolves when clients have gone: for a second nobody has connected, sent a request or been answered, and who holds an
   * idle connection has had the time to close it. A request that crosses the end of its connection is lost. At the latest
   * after `ms`.
   */
  async whenLeft(ms: number): Promise<void> {
    const deadline = performance.now() + ms;
    while (performance.now() < deadline) {
      const isEmpty = (await this.#connections()) === 0;
      if (performance.now() - this.#activeAt >= (isEmpty ? quietMs : clientIdleMs + quietMs)) return;
      await new Promise((resolve) => setTimeout(resolve, drainPollMs));
    }
  }

  /** Accepts no more connections; those without a request in flight are closed. */
  async stopAccepting(): Promise<void> {
    // What has come by now is taken first: a connection that is closed with a request in it is reset.
    await new Promise((resolve) => setImmediate(resolve));
    this.#server.close();
    this.#server.closeIdleConnections();
  }

  /** After `stopAccepting`: resolves once every answer has been handed to the network, at the latest after `ms`. */
  async drain(ms: number): Promise<void> {
    const deadline = performance.now() + ms;
    while (performance.now() < deadline) {
      // A connection becomes idle when its answer is out, and would else be kept for the client's next request.
      this.#server.closeIdleConnections();
      if ((await this.#connections()) === 0) return;
      await new Promise((resolve) => setTimeout(resolve, drainPollMs));
    }
  }

  #connections(): Promise<number> {
    return new Promise((resolve) => this.#server.getConnections((error, count) => resolve(error ? 0 : count)));
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
