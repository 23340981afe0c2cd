import {
  errorResponse,
  isNotification,
  isRequest,
  type Request,
  type RequestId,
  resultResponse,
} from "@moorage/mcp-messages";
import type { Connection, Receiver } from "../connection.ts";
import { type Frame, frameOf } from "../frame.ts";
import { ProxyError } from "../proxy-error.ts";
import { SharedServer, type SharedServerOptions } from "./shared-server.ts";

const silent: Receiver = { frame() {}, dropped() {}, unsent() {}, garbage() {}, ended() {} };
const noSubscriptions: ReadonlySet<string> = new Set();

/**
 * A session without a server of its own: every request gets a fresh one, which ends with the answer. Nothing that a
 * request leaves behind can be seen by the next, and the server cannot say anything on its own account.
 */
export class PerRequestConnection implements Connection {
  readonly pin = {};
  readonly #options: SharedServerOptions;
  readonly #receiver: Receiver;
  readonly #open = new Map<RequestId, () => void>();
  #closed = false;

  constructor(options: SharedServerOptions, receiver: Receiver) {
    this.#options = options;
    this.#receiver = receiver;
  }

  send({ message }: Frame): void {
    if (this.#closed) return;
    if (isRequest(message)) void this.#request(message);
    else if (isNotification(message) && message.method === "notifications/cancelled") {
      const id = message.params?.["requestId"];
      if (typeof id === "string" || typeof id === "number") this.forget(id);
    }
  }

  forget(id: RequestId): void {
    this.#open.get(id)?.();
  }

  async close(): Promise<void> {
    this.#closed = true;
    for (const gone of this.#open.values()) gone();
  }

  async #request(message: Request): Promise<void> {
    const { id } = message;
    const server = new SharedServer(this.#options);
    // What the server says before the answer comes with the call; what it says besides has no one to hear it.
    const sharer = { receiver: silent, subscriptions: noSubscriptions };
    server.join(sharer);
    this.#open.set(id, () => void server.leave(sharer));
    try {
      this.#tell(frameOf(await this.#answer(server, message)), id);
    } catch (error) {
      if (!(error instanceof ProxyError)) throw error;
      this.#tell(frameOf(errorResponse(id, { code: error.rpcCode, message: error.message })), id);
    } finally {
      this.#open.delete(id);
      await server.leave(sharer);
    }
  }

  async #answer(server: SharedServer, message: Request) {
    if (message.method === "initialize") return resultResponse(message.id, await server.initializeResult());
    return server.call(message, { emit: (frame) => this.#tell(frame, message.id), onGone() {} });
  }

  #tell(frame: Frame, id: RequestId): void {
    if (!this.#closed) this.#receiver.frame(frame, id);
  }
}
