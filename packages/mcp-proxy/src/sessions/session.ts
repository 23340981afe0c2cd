import {
  isNotification,
  isRequest,
  isResponse,
  type Notification,
  notification,
  type Params,
  type Request,
  type RequestId,
  type Response,
  request,
} from "@moorage/mcp-messages";
import type { ListenStream, ReplyStream } from "../call.ts";
import type { Connect, Connection, Ending, Pin } from "../connection.ts";
import { type Frame, frameOf } from "../frame.ts";
import type { Log } from "../observability/log.ts";
import type { Principal } from "../principal.ts";
import { ProxyError } from "../proxy-error.ts";
import type { Limits } from "../settings.ts";
import { isAbsence } from "../upstream/absence.ts";
import { Backoff } from "../upstream/backoff.ts";
import { EventLog } from "./event-log.ts";
import { PendingRequests } from "./pending-requests.ts";
import { ServerRequests } from "./server-requests.ts";

export interface SessionDependencies {
  readonly connect: Connect;
  readonly limits: () => Limits;
  readonly log: Log;
  /** Told whenever the server's process or connection is lost against our will. */
  readonly onLost: (ending: Ending) => void;
}

/** What is needed to open the session again elsewhere. */
export interface SessionStart {
  readonly principal: Principal;
  /** The parameters of the client's `initialize`. */
  readonly params: Params;
  readonly pin?: Pin;
}

/**
 * A legacy client's conversation with its own server process (or upstream session).
 *
 * Guarantees: every request settles exactly once; messages reach the stream they belong to; when the server is lost,
 * what was in flight fails, and the next request goes to a fresh server that has been given the same `initialize`.
 * Caveat: what the old process remembered is gone then, as it would be without a proxy.
 */
export class Session {
  readonly principal: Principal;
  readonly #dependencies: SessionDependencies;
  readonly #params: Params;
  readonly #pending = new PendingRequests();
  readonly #outgoing: ServerRequests;
  readonly #backoff = new Backoff();
  readonly #events = new EventLog();
  #pin: Pin | undefined;
  #connection: Connection | undefined;
  #opening: Promise<Connection> | undefined;
  #handshakes = 0;
  #closed = false;
  /** Milliseconds of the monotonic clock. */
  lastUsed = performance.now();

  constructor(dependencies: SessionDependencies, start: SessionStart) {
    this.#dependencies = dependencies;
    this.principal = start.principal;
    this.#params = start.params;
    this.#pin = start.pin;
    this.#outgoing = new ServerRequests((answer) => this.#connection?.send(answer));
  }

  /** Where the session runs; undefined while it runs nowhere. */
  get pin(): Pin | undefined {
    return this.#connection?.pin ?? this.#pin;
  }

  get connected(): boolean {
    return this.#connection !== undefined;
  }

  /** Whether anything would notice if the session's server were stopped now. */
  get busy(): boolean {
    return this.#pending.size > 0 || this.#outgoing.listening || this.#opening !== undefined;
  }

  /** Requests that the client waits for. */
  get waiting(): number {
    return this.#pending.size;
  }

  closeStreams(): void {
    this.#outgoing.closeStreams();
  }

  /** The client's own `initialize`; to be called first, or not at all on a session that is being restored. */
  async initialize(frame: Frame, call: Request): Promise<Frame> {
    const connection = this.#connect(undefined);
    // Without a stream of its own: the answer must be the first thing sent, as its headers carry the session id.
    const answer = await this.#ask(connection, frame, call, undefined);
    this.#backoff.reset();
    return answer;
  }

  async request(frame: Frame, call: Request, reply: ReplyStream): Promise<Frame> {
    const connection = this.#connection ?? (await this.#opened());
    reply.resumeThrough?.(this.#events);
    try {
      return await this.#ask(connection, frame, call, reply);
    } catch (error) {
      // The server did not know the session, so it has not seen the request: a fresh one gets it.
      if (!(error instanceof ProxyError && error.code === "SessionNotFound") || this.#closed) throw error;
      return this.#ask(await this.#reopened(connection), frame, call, reply);
    }
  }

  async notify(frame: Frame, message: Notification): Promise<void> {
    const connection = this.#connection ?? (await this.#opened());
    this.lastUsed = performance.now();
    connection.send(frame);
    if (message.method !== "notifications/cancelled") return;
    const id = message.params?.["requestId"];
    if (typeof id !== "string" && typeof id !== "number") return;
    // A server does not answer what was cancelled, so nothing else would end the client's HTTP request.
    if (this.#pending.fail(id, new ProxyError("Cancelled", "The client cancelled the request"))) connection.forget(id);
  }

  /** The client answers a request of the server. An answer that no one waits for is dropped. */
  async respond(frame: Frame, message: Response): Promise<void> {
    this.lastUsed = performance.now();
    if (message.id !== undefined && this.#outgoing.settle(message.id)) this.#connection?.send(frame);
  }

  /**
   * Opens the stream for what the server says on its own account; the newest stream gets it. With the id of the last
   * event that the client saw, what it missed comes first; a call's stream that broke goes on.
   */
  async listen(stream: ListenStream, lastEventID: string | undefined): Promise<void> {
    if (!this.#connection) await this.#opened();
    this.lastUsed = performance.now();
    if (lastEventID !== undefined && this.#events.resume(lastEventID, stream)) return;
    stream.resumeThrough?.(this.#events);
    this.#outgoing.listen(stream);
  }

  /** Ends the server's process or upstream session, or leaves the latter to others. What is in flight fails with `why`. */
  async close(why: string, options?: { leaveSession?: boolean }): Promise<void> {
    this.#closed = true;
    this.#pending.failAll(new ProxyError("ServerLost", why));
    this.#outgoing.forgetAll();
    this.#outgoing.closeStreams();
    const connection = this.#connection;
    this.#connection = undefined;
    await connection?.close(options);
  }

  #ask(connection: Connection, frame: Frame, call: Request, reply: ReplyStream | undefined): Promise<Frame> {
    this.lastUsed = performance.now();
    const limits = this.#dependencies.limits();
    const silentSeconds = call.method === "initialize" ? limits.handshakeTimeoutSeconds : limits.requestTimeoutSeconds;
    const answer = this.#pending.add(call, reply, {
      silentMs: silentSeconds * 1000,
      totalMs: limits.maximumRequestSeconds * 1000,
      onTimeout: () => {
        connection.send(frameOf(notification("notifications/cancelled", { requestId: call.id, reason: "Timed out" })));
        connection.forget(call.id);
      },
    });
    connection.send(frame);
    return answer;
  }

  /** Another conversation than `lost`: the one that someone else has opened, or a fresh one. */
  #reopened(lost: Connection): Promise<Connection> | Connection {
    const current = this.#connection;
    return current && current !== lost && !this.#opening ? current : this.#opened();
  }

  /** Opens the session again and replays the handshake; callers at the same time share one attempt. */
  #opened(): Promise<Connection> {
    if (this.#closed) throw new ProxyError("SessionNotFound", "The session has ended: initialize again");
    this.#opening ??= this.#replay().finally(() => {
      this.#opening = undefined;
    });
    return this.#opening;
  }

  async #replay(): Promise<Connection> {
    const waitMs = this.#backoff.remainingMs();
    if (waitMs > 0) {
      const retryAfterSeconds = Math.ceil(waitMs / 1000);
      throw new ProxyError("Unavailable", `The server keeps failing; it is started again in ${retryAfterSeconds} s`, {
        retryAfterSeconds,
      });
    }
    const pin = this.#pin;
    const connection = this.#connect(pin);
    // An upstream session that still exists needs no second handshake.
    if (pin?.sessionID !== undefined && connection.pin.sessionID === pin.sessionID) return connection;
    this.#handshakes += 1;
    const call = request(`moorage-initialize-${this.#handshakes}`, "initialize", this.#params);
    const answer = await this.#ask(connection, frameOf(call), call, undefined);
    if ("error" in answer.message) {
      const { message } = answer.message.error;
      throw new ProxyError("SessionNotFound", `The session cannot be continued: the server refused it: ${message}`);
    }
    connection.send(frameOf(notification("notifications/initialized")));
    this.#backoff.reset();
    return connection;
  }

  #connect(pin: Pin | undefined): Connection {
    const connection = this.#dependencies.connect(
      {
        frame: (frame, about) => this.#receive(frame, about),
        dropped: (bytes, id) => this.#dropped(bytes, id),
        unsent: (id, ending) => this.#unsent(id, ending),
        garbage: (text) => this.#dependencies.log.warn({ text }, "The server wrote something that is no message"),
        ended: (ending) => this.#ended(connection, ending),
      },
      { principal: this.principal, ...(pin && { pin }) },
    );
    this.#connection = connection;
    return connection;
  }

  #receive(frame: Frame, about: RequestId | undefined): void {
    const { message } = frame;
    if (isResponse(message)) {
      if (message.id !== undefined) this.#pending.settle(message.id, frame);
    } else if (isRequest(message)) {
      this.#outgoing.ask(frame, message, this.#pending.replyFor(about));
    } else if (isNotification(message)) {
      this.#outgoing.tell(frame, message, this.#pending.replyOf(message, about));
    }
  }

  #dropped(bytes: number, id: RequestId | undefined): void {
    const text = `The server's message of ${bytes} bytes is larger than limits.responseBytes allows and was dropped`;
    const lost = id ?? this.#pending.only;
    this.#dependencies.log.warn({ bytes, id: lost }, text);
    if (lost !== undefined) this.#pending.fail(lost, new ProxyError("AnswerTooLarge", text));
  }

  #unsent(id: RequestId, ending: Ending): void {
    if (ending.reason === "SessionExpired") this.#pin = undefined;
    this.#pending.fail(id, errorOf({ ...ending, unused: true }));
  }

  #ended(connection: Connection, ending: Ending): void {
    if (this.#connection !== connection) return;
    this.#connection = undefined;
    if (ending.reason === "SessionExpired") this.#pin = undefined;
    // Finding nobody costs nothing, and is over as soon as somebody is there.
    else if (!isAbsence(ending.reason)) this.#backoff.failed();
    this.#outgoing.forgetAll();
    this.#pending.failAll(errorOf(ending));
    if (ending.reason !== "SessionExpired") this.#dependencies.onLost(ending);
  }
}

function errorOf({ reason, message, unused = false }: Ending): ProxyError {
  if (!unused) return new ProxyError("ServerLost", message);
  if (reason === "SessionExpired") return new ProxyError("SessionNotFound", message);
  return new ProxyError("Unavailable", message, { absent: isAbsence(reason) });
}
