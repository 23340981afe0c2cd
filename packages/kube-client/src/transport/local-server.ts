import type { IncomingHttpHeaders } from "node:http";
import { Dispatcher } from "undici";

/** A request to a server in the same process. */
export interface LocalRequest {
  method: string;
  /** With the query. */
  path: string;
  /** Names in lower case. */
  headers: Readonly<Record<string, string>>;
  /** Empty when there is none. */
  body: string;
}

/** How such a server answers. Calls after the end, or after the client went away, do nothing. */
export interface LocalResponse {
  /** Before anything else, once. */
  start(statusCode: number, headers?: Readonly<Record<string, string>>): void;
  write(text: string): void;
  end(): void;
  /** As a connection that breaks. */
  break(): void;
  /** Calls back once when the response has ended, for whatever reason. */
  onClose(listener: () => void): void;
}

/** Serves a client without a connection, for servers in the same process and for tests that need thousands of them. */
export type LocalServer = (request: LocalRequest, response: LocalResponse) => void;

/** Takes a client's requests to a local server. There is no back-pressure: what is written is buffered. */
export class LocalDispatcher extends Dispatcher {
  readonly #serve: LocalServer;

  constructor(serve: LocalServer) {
    super();
    this.#serve = serve;
  }

  override dispatch(options: Dispatcher.DispatchOptions, handler: Dispatcher.DispatchHandler): boolean {
    const exchange = new Exchange(handler);
    handler.onRequestStart?.(exchange, {});
    if (!exchange.closed) this.#serve(requestOf(options), exchange);
    return true;
  }
}

/** One request and its answer, as undici's handler and the server see it. */
class Exchange implements LocalResponse, Dispatcher.DispatchController {
  readonly #handler: Dispatcher.DispatchHandler;
  readonly #listeners: (() => void)[] = [];
  closed = false;
  aborted = false;
  paused = false;
  reason: Error | null = null;

  constructor(handler: Dispatcher.DispatchHandler) {
    this.#handler = handler;
  }

  pause(): void {}

  resume(): void {}

  abort(reason: Error): void {
    if (this.closed) return;
    [this.aborted, this.reason] = [true, reason];
    this.#close(() => this.#handler.onResponseError?.(this, reason));
  }

  start(statusCode: number, headers: IncomingHttpHeaders = {}): void {
    if (!this.closed) this.#handler.onResponseStart?.(this, statusCode, headers);
  }

  write(text: string): void {
    if (!this.closed) this.#handler.onResponseData?.(this, Buffer.from(text));
  }

  end(): void {
    this.#close(() => this.#handler.onResponseEnd?.(this, {}));
  }

  break(): void {
    this.#close(() => this.#handler.onResponseError?.(this, new Error("The connection broke")));
  }

  onClose(listener: () => void): void {
    if (this.closed) listener();
    else this.#listeners.push(listener);
  }

  #close(tell: () => void): void {
    if (this.closed) return;
    this.closed = true;
    tell();
    for (const listener of this.#listeners.splice(0)) listener();
  }
}

function requestOf({ method, path, headers, body, query: _ }: Dispatcher.DispatchOptions): LocalRequest {
  return { method, path, headers: namesInLowerCase(headers), body: typeof body === "string" ? body : "" };
}

/** This package sends headers as a record; undici would take other forms, too. */
function namesInLowerCase(headers: Dispatcher.DispatchOptions["headers"]): Record<string, string> {
  return Object.fromEntries(Object.entries(headers ?? {}).map(([name, value]) => [name.toLowerCase(), String(value)]));
}
