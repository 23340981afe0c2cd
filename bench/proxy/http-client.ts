import { connect, type Socket } from "node:net";

/** What the generator needs of a response. */
export interface Response {
  readonly status: number;
  readonly head: string;
  readonly body: string;
}

/**
 * A keep-alive connection that carries one request at a time, with as little work as possible: the generator shares
 * the machine with what it measures.
 */
export class HTTPClient {
  readonly #url: URL;
  #socket: Socket;
  readonly #host: string;
  readonly #path: string;
  #buffer = "";
  #waiting: { resolve(response: Response): void; reject(error: Error): void } | undefined;

  constructor(url: URL) {
    this.#host = url.host;
    this.#path = url.pathname;
    this.#url = url;
    this.#socket = this.#connect();
  }

  post(body: string, headers: string): Promise<Response> {
    // Servers close connections that have been idle.
    if (this.#socket.destroyed) this.#socket = this.#connect();
    const { promise, resolve, reject } = Promise.withResolvers<Response>();
    this.#waiting = { resolve, reject };
    this.#socket.write(
      `POST ${this.#path} HTTP/1.1\r\nHost: ${this.#host}\r\nContent-Type: application/json\r\n` +
        `Accept: application/json, text/event-stream\r\n${headers}Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
    );
    return promise;
  }

  /** Ends the wait for an answer that does not come: with one of status 0. */
  giveUp(): void {
    this.#waiting?.resolve({ status: 0, head: "", body: "" });
  }

  close(): void {
    this.#waiting = undefined;
    this.#socket.destroy();
  }

  #connect(): Socket {
    const { hostname, port } = this.#url;
    const socket = connect({ host: hostname, port: Number(port), noDelay: true });
    socket.setEncoding("latin1");
    socket.on("data", (chunk: string) => this.#receive(chunk));
    socket.on("error", (error) => this.#waiting?.reject(error));
    socket.on("close", () => this.#waiting?.reject(new Error("The connection was closed")));
    return socket;
  }

  #receive(chunk: string): void {
    this.#buffer += chunk;
    const split = this.#buffer.indexOf("\r\n\r\n");
    if (split < 0) return;
    const head = this.#buffer.slice(0, split);
    const body = this.#buffer.slice(split + 4);
    if (!isComplete(head, body)) return;
    this.#buffer = "";
    this.#waiting?.resolve({ status: Number(head.slice(9, 12)), head, body });
  }
}

function isComplete(head: string, body: string): boolean {
  const length = /content-length: *(\d+)/i.exec(head)?.[1];
  if (length !== undefined) return body.length >= Number(length);
  if (/transfer-encoding: *chunked/i.test(head)) return body.endsWith("0\r\n\r\n");
  return true;
}
