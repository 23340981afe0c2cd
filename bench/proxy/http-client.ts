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
  readonly #socket: Socket;
  readonly #host: string;
  readonly #path: string;
  #buffer = "";
  #waiting: { resolve(response: Response): void; reject(error: Error): void } | undefined;

  constructor(url: URL) {
    this.#host = url.host;
    this.#path = url.pathname;
    this.#socket = connect({ host: url.hostname, port: Number(url.port), noDelay: true });
    this.#socket.setEncoding("latin1");
    this.#socket.on("data", (chunk: string) => this.#receive(chunk));
    this.#socket.on("error", (error) => this.#waiting?.reject(error));
    this.#socket.on("close", () => this.#waiting?.reject(new Error("The connection was closed")));
  }

  post(body: string, headers: string): Promise<Response> {
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
