import type { IncomingHttpHeaders } from "node:http";
import type { Era, Notification, Request, Response } from "@moorage/mcp-messages";
import type { Frame } from "./frame.ts";
import type { Principal } from "./principal.ts";
import type { EventLog, EventTarget } from "./sessions/event-log.ts";

/** What every kind of call has. Layers may set `principal` and `note`; the rest is as it arrived. */
interface CallBase {
  readonly requestID: string;
  readonly transport: "streamable-http" | "sse" | "stdio";
  readonly era: Era;
  readonly headers: IncomingHttpHeaders;
  /** Path and query as the client asked for them. */
  readonly url: string;
  /** The session id that the client sent, not yet checked. */
  readonly sessionID: string | undefined;
  principal: Principal;
  /** Called when every layer has let the call pass, before its work begins. */
  readonly onAdmitted?: () => void;
}

/** The client sent a message. */
export interface MessageCall extends CallBase {
  readonly kind: "message";
  readonly frame: Frame;
  readonly reply: ReplyStream;
}

/** The client wants to listen to what the server says on its own account (legacy `GET`). */
interface ListenCall extends CallBase {
  readonly kind: "listen";
  readonly lastEventID: string | undefined;
  readonly stream: ListenStream;
}

/** The client ends its session (legacy `DELETE`). */
interface EndCall extends CallBase {
  readonly kind: "end";
}

export type Call = MessageCall | ListenCall | EndCall;

/** Where messages go that belong to a call and come before its answer. */
export interface ReplyStream {
  emit(frame: Frame): void;
  /** Calls back once if the client goes away before the answer. */
  onGone(callback: () => void): void;
  /** Keeps the stream's events in `log`, where the client can come back for them. */
  resumeThrough?(log: EventLog): void;
}

/** A stream that stays open until one side ends it. */
export interface ListenStream extends ReplyStream, EventTarget {
  close(): void;
}

/** What a call is answered with; `frame` is absent where HTTP alone answers. */
export interface Answer {
  readonly status: number;
  readonly frame?: Frame;
  readonly headers?: Readonly<Record<string, string>>;
  /** The listen stream is open now: nothing more is to be written. */
  readonly streaming?: boolean;
}

export type Handler = (call: Call) => Promise<Answer>;

/** One concern of the data plane, wrapped around all that follow it. */
export type Layer = (next: Handler) => Handler;

/** The first layer is the outermost: it sees a call first and its answer last. */
export function compose(layers: readonly Layer[], handler: Handler): Handler {
  return layers.reduceRight((next, layer) => layer(next), handler);
}

/** The method of a call's message; undefined on responses and calls without a message. */
export function methodOf(call: Call): string | undefined {
  return call.kind === "message" && "method" in call.frame.message ? call.frame.message.method : undefined;
}

/** The call with another message in it: its old bytes no longer apply. */
export function withMessage(call: MessageCall, message: Request | Notification | Response): MessageCall {
  return { ...call, frame: { message } };
}
