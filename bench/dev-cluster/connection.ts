import { readFileSync } from "node:fs";
import { get, type RequestOptions } from "node:https";
import { connect, type TLSSocket } from "node:tls";
import { parse } from "yaml";

/** Where a server is, and the administrator's token. */
export interface Target {
  readonly host: string;
  readonly port: number;
  readonly token: string;
}

/** Reads what both servers' kubeconfigs have in common. */
export function targetOf(kubeconfig: string): Target {
  const { clusters, users } = parse(readFileSync(kubeconfig, "utf8"));
  const { hostname, port } = new URL(clusters[0].cluster.server);
  return { host: hostname, port: Number(port), token: users[0].user.token };
}

/**
 * One HTTP/1.1 connection over TLS, one request at a time. A client with less work per request than Node.js' own,
 * because it takes its processor time from the server that is measured. Answers need a Content-Length.
 */
export class Connection {
  readonly #socket: TLSSocket;
  readonly #head: string;
  #received: Buffer = Buffer.alloc(0);
  #waiting: { resolve(body: string): void; reject(error: Error): void } | undefined;

  private constructor(socket: TLSSocket, token: string) {
    this.#socket = socket;
    this.#head = `HTTP/1.1\r\nHost: bench\r\nAuthorization: Bearer ${token}\r\n`;
    socket.on("data", (chunk: Buffer) => this.#take(chunk));
    socket.on("error", (error) => this.#waiting?.reject(error));
    socket.on("close", () => this.#waiting?.reject(new Error("The server closed the connection")));
  }

  static open({ host, port, token }: Target): Promise<Connection> {
    return new Promise((resolve, reject) => {
      const socket = connect({ host, port, rejectUnauthorized: false, ALPNProtocols: ["http/1.1"] });
      socket.once("error", reject);
      socket.once("secureConnect", () => resolve(new Connection(socket.setNoDelay(true), token)));
    });
  }

  /** @returns the body. @throws Error unless the answer is 200 or 201. */
  send(method: string, path: string, body = "", type = "application/json"): Promise<string> {
    return new Promise((resolve, reject) => {
      this.#waiting = { resolve, reject };
      const content = `Content-Type: ${type}\r\nContent-Length: ${Buffer.byteLength(body)}`;
      this.#socket.write(`${method} ${path} ${this.#head}${content}\r\n\r\n${body}`);
    });
  }

  close(): void {
    this.#waiting = undefined;
    this.#socket.destroy();
  }

  #take(chunk: Buffer): void {
    this.#received = this.#received.length === 0 ? chunk : Buffer.concat([this.#received, chunk]);
    const headEnd = this.#received.indexOf("\r\n\r\n");
    if (headEnd < 0) return;
    const head = this.#received.toString("latin1", 0, headEnd);
    const length = /content-length: (\d+)/i.exec(head)?.[1];
    const end = headEnd + 4 + Number(length);
    if (length !== undefined && this.#received.length < end) return;
    const body = this.#received.toString("utf8", headEnd + 4, end);
    this.#received = this.#received.subarray(end);
    const isGood = length !== undefined && /^HTTP\/1\.1 20[01] /.test(head);
    if (isGood) this.#waiting?.resolve(body);
    else this.#waiting?.reject(new Error(`Not the answer of a server to measure: ${head}\n${body}`));
  }
}

/** Reads a stream of any length: a large list, or a watch. @returns a way to end it. */
export function stream(
  { host, port, token }: Target,
  path: string,
  on: { text(text: string): void; end(): void; failed(error: Error): void },
): () => void {
  const headers = { authorization: `Bearer ${token}`, accept: "application/json" };
  const options: RequestOptions = { host, port, path, headers, agent: false, rejectUnauthorized: false };
  const request = get(options, (response) => {
    response.setEncoding("utf8").on("data", on.text).on("end", on.end).on("error", on.failed);
  });
  request.on("error", on.failed);
  return () => request.destroy();
}
