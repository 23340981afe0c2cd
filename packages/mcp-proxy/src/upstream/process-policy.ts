import {
  errorResponse,
  isNotification,
  isRequest,
  type Notification,
  type Request,
  type RequestId,
  resultResponse,
} from "@moorage/mcp-messages";
import type { Connect, Connection, Receiver } from "../connection.ts";
import { type Frame, frameOf } from "../frame.ts";
import { ProxyError } from "../proxy-error.ts";
import type { ProcessPolicy } from "../run-config/schema.ts";
import type { Limits } from "../settings.ts";
import { PerRequestConnection } from "./per-request.ts";
import { SharedServer, type Sharer } from "./shared-server.ts";

/**
 * Decides which sessions share a server: `perSession` none, `perPrincipal` those of one principal, `shared` all;
 * with `perRequest` not even two requests of a session do.
 */
export function withPolicy(connect: Connect, policy: ProcessPolicy, limits: () => Limits): Connect {
  if (policy === "perSession") return connect;
  if (policy === "perRequest") {
    return (receiver, { principal }) => new PerRequestConnection({ connect, limits, principal }, receiver);
  }
  const servers = new Map<string, SharedServer>();
  return (receiver, { principal }) => {
    const key = policy === "perPrincipal" ? principal.id : "";
    const known = servers.get(key);
    const server = known && !known.ended ? known : new SharedServer({ connect, limits, principal });
    servers.set(key, server);
    return new SharingConnection(server, receiver, () => {
      if (servers.get(key) === server) servers.delete(key);
    });
  };
}

/** A session's own view of a server that it shares: ids are its own, and the handshake is answered from memory. */
class SharingConnection implements Connection {
  readonly pin = {};
  readonly #server: SharedServer;
  readonly #sharer: Sharer;
  readonly #subscriptions = new Set<string>();
  readonly #gone = new Map<RequestId, () => void>();
  readonly #onEmpty: () => void;
  #open = true;

  constructor(server: SharedServer, receiver: Receiver, onEmpty: () => void) {
    this.#server = server;
    this.#onEmpty = onEmpty;
    this.#sharer = { receiver, subscriptions: this.#subscriptions };
    server.join(this.#sharer);
  }

  send({ message }: Frame): void {
    if (!this.#open) return;
    if (isRequest(message)) void this.#request(message);
    else if (isNotification(message)) this.#notify(message);
  }

  forget(id: RequestId): void {
    this.#gone.get(id)?.();
  }

  async close(): Promise<void> {
    if (!this.#open) return;
    this.#open = false;
    for (const gone of this.#gone.values()) gone();
    await this.#server.leave(this.#sharer);
    if (this.#server.ended) this.#onEmpty();
  }

  async #request(message: Request): Promise<void> {
    const { receiver } = this.#sharer;
    const { id } = message;
    try {
      const answer = await this.#answer(message);
      if (this.#open) receiver.frame(frameOf(answer), id);
    } catch (error) {
      if (!(error instanceof ProxyError)) throw error;
      if (this.#open) receiver.frame(frameOf(errorResponse(id, { code: error.rpcCode, message: error.message })), id);
    } finally {
      this.#gone.delete(id);
    }
  }

  async #answer(message: Request) {
    const { id, method, params } = message;
    if (method === "initialize") return resultResponse(id, await this.#server.initializeResult());
    const uri = params?.["uri"];
    if (method === "resources/subscribe" && typeof uri === "string") this.#subscriptions.add(uri);
    if (method === "resources/unsubscribe" && typeof uri === "string") {
      this.#subscriptions.delete(uri);
      // Others may still want to hear of it.
      if (this.#server.isSubscribed(uri)) return resultResponse(id, {});
    }
    return this.#server.call(message, {
      emit: (frame) => this.#sharer.receiver.frame(frame, id),
      onGone: (callback) => this.#gone.set(id, callback),
    });
  }

  #notify({ method, params }: Notification): void {
    const id = params?.["requestId"];
    if (method === "notifications/cancelled" && (typeof id === "string" || typeof id === "number")) this.forget(id);
  }
}
