import {
  isNotification,
  isRequest,
  isResponse,
  type Message,
  MetaKey,
  metaOf,
  type Notification,
  notification,
  type Request,
  type RequestId,
  request,
  withMeta,
} from "@moorage/mcp-messages";
import type { ReplyStream } from "../call.ts";
import type { Connect, Connection, Ending } from "../connection.ts";
import { type Frame, frameOf } from "../frame.ts";
import type { Principal } from "../principal.ts";
import { ProxyError } from "../proxy-error.ts";
import { PendingRequests } from "../sessions/pending-requests.ts";
import type { Limits } from "../settings.ts";
import { isAbsence } from "../upstream/absence.ts";

/** Longest delay of a Node.js timer: what has no time limit gets this. */
const foreverMs = 2 ** 31 - 1;

export interface SharedConnectionOptions {
  readonly connect: Connect;
  readonly principal: Principal;
  readonly limits: () => Limits;
  /** Told when the conversation ended against our will. */
  readonly onLost: (ending: Ending) => void;
  /** A request of the server; only legacy servers have any. */
  readonly onRequest?: (frame: Frame, message: Request, about: RequestId | undefined) => void;
  /** A notification that belongs to no call. */
  readonly onNotification?: (frame: Frame, message: Notification) => void;
}

export interface CallOptions {
  /** Where what comes before the answer goes; its ids and tokens are the client's own again. */
  readonly reply: ReplyStream | undefined;
  /** For streams that stay open: no time limit applies. */
  readonly unlimited?: boolean;
}

/**
 * One conversation with a server that many calls share. Every call gets an id and a progress token of its own, as
 * clients choose theirs independently of each other; answers carry the client's own again.
 */
export class SharedConnection {
  readonly #options: SharedConnectionOptions;
  readonly #pending = new PendingRequests();
  readonly #connection: Connection;
  #lastId = 0;
  #ended = false;

  constructor(options: SharedConnectionOptions) {
    this.#options = options;
    this.#connection = options.connect(
      {
        frame: (frame, about) => this.#receive(frame, about),
        dropped: (bytes, id) => this.#dropped(bytes, id),
        unsent: (id, ending) => this.#pending.fail(id, errorOf({ ...ending, unused: true })),
        garbage() {},
        ended: (ending) => this.#finish(ending),
      },
      { principal: options.principal },
    );
  }

  get ended(): boolean {
    return this.#ended;
  }

  get inFlight(): number {
    return this.#pending.size;
  }

  /** Resolves with the answer under the client's own id. */
  async call(message: Request, { reply, unlimited }: CallOptions): Promise<Frame> {
    this.#lastId += 1;
    const id = this.#lastId;
    const token = metaOf(message.params)[MetaKey.progressToken];
    const own =
      token === undefined ? message.params : withMeta(message.params, { ...metaOf(message.params), progressToken: id });
    const sent = request(id, message.method, own);
    const { requestTimeoutSeconds, maximumRequestSeconds } = this.#options.limits();
    reply?.onGone(() => this.#cancel(id));
    const answer = this.#pending.add(sent, reply && restored(reply, { id: message.id, token }), {
      silentMs: unlimited ? foreverMs : requestTimeoutSeconds * 1000,
      totalMs: unlimited ? foreverMs : maximumRequestSeconds * 1000,
      onTimeout: () => this.#tellCancelled(id),
    });
    this.#connection.send(frameOf(sent));
    const { message: answered } = await answer;
    return frameOf(withId(answered, message.id));
  }

  /** Sends what needs no answer. */
  send(frame: Frame): void {
    this.#connection.send(frame);
  }

  async close(): Promise<void> {
    this.#pending.failAll(new ProxyError("ServerLost", "The connection to the server was closed"));
    await this.#connection.close();
  }

  #cancel(id: RequestId): void {
    if (this.#pending.fail(id, new ProxyError("Cancelled", "The client went away"))) this.#tellCancelled(id);
  }

  #tellCancelled(id: RequestId): void {
    this.#connection.send(
      frameOf(notification("notifications/cancelled", { requestId: id, reason: "The client went away" })),
    );
    this.#connection.forget(id);
  }

  #receive(frame: Frame, about: RequestId | undefined): void {
    const { message } = frame;
    if (isResponse(message)) {
      if (message.id !== undefined) this.#pending.settle(message.id, frame);
    } else if (isRequest(message)) this.#options.onRequest?.(frame, message, about);
    else if (isNotification(message)) this.#notified(frame, message, about);
  }

  #notified(frame: Frame, message: Notification, about: RequestId | undefined): void {
    const subscription = metaOf(message.params)[MetaKey.subscriptionId];
    const listener = typeof subscription === "number" ? this.#pending.replyFor(subscription) : undefined;
    const reply = listener ?? this.#pending.replyOf(message, about);
    if (reply) reply.emit(frame);
    else this.#options.onNotification?.(frame, message);
  }

  #dropped(bytes: number, id: RequestId | undefined): void {
    const lost = id ?? this.#pending.only;
    const text = `The server's message of ${bytes} bytes is larger than limits.responseBytes allows and was dropped`;
    if (lost !== undefined) this.#pending.fail(lost, new ProxyError("AnswerTooLarge", text));
  }

  #finish(ending: Ending): void {
    this.#ended = true;
    this.#pending.failAll(errorOf(ending));
    if (ending.reason !== "Closed") this.#options.onLost(ending);
  }
}

function errorOf({ reason, message, unused = false }: Ending): ProxyError {
  return new ProxyError(unused ? "Unavailable" : "ServerLost", message, { absent: unused && isAbsence(reason) });
}

/** Gives messages the client's own progress token and subscription id again. */
function restored(reply: ReplyStream, own: { id: RequestId; token: unknown }): ReplyStream {
  return {
    emit: (frame) => reply.emit(frameOf(withOwn(frame.message, own))),
    onGone: (callback) => reply.onGone(callback),
  };
}

function withOwn(message: Message, { id, token }: { id: RequestId; token: unknown }): Message {
  if (!isNotification(message)) return message;
  const { method, params } = message;
  const meta = metaOf(params);
  const tagged =
    meta[MetaKey.subscriptionId] === undefined ? params : withMeta(params, { ...meta, [MetaKey.subscriptionId]: id });
  const progress = method === "notifications/progress" ? { ...tagged, progressToken: token } : tagged;
  return notification(method, progress);
}

function withId(message: Message, id: RequestId): Message {
  return isResponse(message) ? { ...message, id } : message;
}
