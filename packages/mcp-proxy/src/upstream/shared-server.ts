import type { Notification, Request, Response } from "@moorage/mcp-messages";
import type { ReplyStream } from "../call.ts";
import type { Connect, Ending, Receiver } from "../connection.ts";
import { LegacyLink } from "../eras/legacy-link.ts";
import type { Frame } from "../frame.ts";
import type { Principal } from "../principal.ts";
import type { Limits } from "../settings.ts";

export interface SharedServerOptions {
  readonly connect: Connect;
  readonly limits: () => Limits;
  readonly principal: Principal;
}

/** One session of the many that share the server. */
export interface Sharer {
  readonly receiver: Receiver;
  /** Resources whose updates the session wants to hear of. */
  readonly subscriptions: ReadonlySet<string>;
}

/**
 * One server process (or upstream session) that several legacy sessions share. The server is told of no client
 * capabilities: what it asked could not be attributed to one of them.
 */
export class SharedServer {
  readonly #link: LegacyLink;
  readonly #sharers = new Set<Sharer>();

  constructor({ connect, limits, principal }: SharedServerOptions) {
    this.#link = new LegacyLink({
      connect,
      limits,
      principal,
      capabilities: {},
      clientInfo: { name: "moorage", version: "0.1.0" },
      onLost: (ending) => this.#lost(ending),
      onRequest: (_frame, message) => this.#link.refuse(message),
      onNotification: (frame, message) => this.#announce(frame, message),
    });
  }

  get ended(): boolean {
    return this.#link.ended;
  }

  join(sharer: Sharer): void {
    this.#sharers.add(sharer);
  }

  /** The last one to leave ends the server. */
  async leave(sharer: Sharer): Promise<void> {
    this.#sharers.delete(sharer);
    if (this.#sharers.size === 0) await this.#link.close();
  }

  /** The server's own answer to the handshake. */
  initializeResult(): Promise<Record<string, unknown>> {
    return this.#link.initializeResult();
  }

  call(message: Request, reply: ReplyStream): Promise<Response> {
    return this.#link.call(message, reply, undefined);
  }

  /** Whether some session wants to hear of this resource. */
  isSubscribed(uri: string): boolean {
    return [...this.#sharers].some(({ subscriptions }) => subscriptions.has(uri));
  }

  #announce(frame: Frame, message: Notification): void {
    const uri = message.method === "notifications/resources/updated" ? message.params?.["uri"] : undefined;
    for (const { receiver, subscriptions } of this.#sharers) {
      if (typeof uri !== "string" || subscriptions.has(uri)) receiver.frame(frame);
    }
  }

  #lost(ending: Ending): void {
    for (const { receiver } of [...this.#sharers]) receiver.ended(ending);
    this.#sharers.clear();
  }
}
