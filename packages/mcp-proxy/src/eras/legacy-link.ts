import {
  errorResponse,
  isErrorResponse,
  isResponse,
  legacyVersions,
  notification,
  type Request,
  type Response,
  request,
  resultResponse,
} from "@moorage/mcp-messages";
import type { ReplyStream } from "../call.ts";
import { type Frame, frameOf } from "../frame.ts";
import { ProxyError } from "../proxy-error.ts";
import { SharedConnection, type SharedConnectionOptions } from "./shared-connection.ts";

export interface LegacyLinkOptions extends SharedConnectionOptions {
  /** What the client can do; the server is told so in the handshake. */
  readonly capabilities: Record<string, unknown>;
  readonly clientInfo: Record<string, unknown>;
}

const silent: ReplyStream = { emit() {}, onGone() {} };

/** A conversation with a legacy server that we lead ourselves, handshake included. */
export class LegacyLink {
  readonly #connection: SharedConnection;
  readonly #ready: Promise<Record<string, unknown>>;
  #logLevel: string | undefined;
  #calls = 0;
  /** Milliseconds of the monotonic clock. */
  usedAt = performance.now();

  constructor(options: LegacyLinkOptions) {
    this.#connection = new SharedConnection(options);
    this.#ready = this.#initialize(options);
    // Whoever calls waits for it too, and is told.
    this.#ready.catch(() => {});
  }

  get ended(): boolean {
    return this.#connection.ended;
  }

  get inFlight(): number {
    return this.#connection.inFlight;
  }

  /** Resolves with the answer of the server. `logLevel` is set first, where it differs from the last one. */
  async call(message: Request, reply: ReplyStream, logLevel: string | undefined): Promise<Response> {
    await this.#ready;
    this.usedAt = performance.now();
    if (logLevel !== undefined && logLevel !== this.#logLevel) {
      this.#logLevel = logLevel;
      await this.#ask("logging/setLevel", { level: logLevel });
    }
    const answer = await this.#connection.call(message, { reply });
    if (isResponse(answer.message)) return answer.message;
    throw new ProxyError("Internal", "The server answered with something that is no answer");
  }

  /** Resolves with the server's answer to the handshake. */
  initializeResult(): Promise<Record<string, unknown>> {
    return this.#ready;
  }

  /** Answers a request that no client can answer. */
  refuse({ id, method }: Request): void {
    const error = { code: -32601, message: "No client can answer this" };
    this.#connection.send(frameOf(method === "ping" ? resultResponse(id, {}) : errorResponse(id, error)));
  }

  /** Asks the server for something on our own account. */
  async ask(method: string, params: Record<string, unknown>): Promise<Response> {
    await this.#ready;
    return this.#ask(method, params);
  }

  send(frame: Frame): void {
    this.usedAt = performance.now();
    this.#connection.send(frame);
  }

  close(): Promise<void> {
    return this.#connection.close();
  }

  async #ask(method: string, params: Record<string, unknown>): Promise<Response> {
    this.#calls += 1;
    const answer = await this.#connection.call(request(`moorage-${this.#calls}`, method, params), { reply: silent });
    if (isResponse(answer.message)) return answer.message;
    throw new ProxyError("Internal", "The server answered with something that is no answer");
  }

  async #initialize({ capabilities, clientInfo }: LegacyLinkOptions): Promise<Record<string, unknown>> {
    const params = { protocolVersion: legacyVersions[0], capabilities, clientInfo };
    const answer = await this.#ask("initialize", params);
    if (isErrorResponse(answer))
      throw new ProxyError("Unavailable", `The server refused initialize: ${answer.error.message}`);
    this.#connection.send(frameOf(notification("notifications/initialized")));
    return answer.result;
  }
}
