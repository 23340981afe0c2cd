import { setTimeout as delay } from "node:timers/promises";
import {
  ErrorCode,
  encodeHeaderValue,
  eraOf,
  errorResponse,
  isErrorResponse,
  isInitialized,
  isRequest,
  isResponse,
  type Message,
  MetaKey,
  metaOf,
  type RequestId,
} from "@moorage/mcp-messages";
import type { Connection, Ending, Pin, Receiver } from "../../connection.ts";
import { bytesOf, type Frame, frameOf, parseFrame } from "../../frame.ts";
import type { HTTPAnswer, HTTPEndpoint } from "../../upstream/http-endpoint.ts";
import { endingOf, isAbort } from "../../upstream/http-failure.ts";
import { AnswerStream } from "./answer-stream.ts";
import { BodyTooLarge, readWhole } from "./read-answer.ts";
import { ServerStream } from "./server-stream.ts";
import { ToolHeaders } from "./tool-headers.ts";

const accept = { "content-type": "application/json", accept: "application/json, text/event-stream" };
const closePatienceMs = 5000;
/** For servers that send the headers of their stream with its first event only. */
const streamPatienceMs = 500;

export interface HTTPConnectOptions {
  readonly maximumBytes: number;
  /** Continue this session, where the server still knows it. */
  readonly pin?: Pin;
  /** What is known of the server's tools, for all conversations with it. */
  readonly toolHeaders?: ToolHeaders;
}

/** Opens a conversation with a streamable HTTP server of either era. */
export function connectStreamableHTTP(
  endpoint: HTTPEndpoint,
  receiver: Receiver,
  options: HTTPConnectOptions,
): Connection {
  return new HTTPConnection(endpoint, receiver, options);
}

/** The client side of streamable HTTP: every message is a POST, answers come as JSON or as an event stream. */
class HTTPConnection implements Connection {
  readonly #endpoint: HTTPEndpoint;
  readonly #receiver: Receiver;
  readonly #maximumBytes: number;
  readonly #toolHeaders: ToolHeaders;
  readonly #inFlight = new Map<RequestId, AbortController>();
  readonly #stop = new AbortController();
  #sessionID: string | undefined;
  #version: string | undefined;
  #stream: ServerStream | undefined;
  /** Until the server has taken the end of the handshake and opened its stream; resolves, and is unset then. */
  #introduction: Promise<void> | undefined;
  /** Why no more can be sent here; the conversation ends with the last request that is still in flight. */
  #ending: Ending | undefined;
  #ended = false;

  constructor(endpoint: HTTPEndpoint, receiver: Receiver, options: HTTPConnectOptions) {
    const { maximumBytes, pin, toolHeaders = new ToolHeaders() } = options;
    this.#endpoint = endpoint;
    this.#receiver = receiver;
    this.#maximumBytes = maximumBytes;
    this.#toolHeaders = toolHeaders;
    this.#sessionID = pin?.sessionID;
    this.#version = pin?.protocolVersion;
    if (this.#sessionID !== undefined) this.#introduce(Promise.resolve());
  }

  get pin(): Pin {
    const { address } = this.#endpoint;
    return {
      ...(address !== undefined && { address }),
      ...(this.#sessionID !== undefined && { sessionID: this.#sessionID }),
      ...(this.#version !== undefined && { protocolVersion: this.#version }),
    };
  }

  send(frame: Frame): void {
    if (this.#ended) return;
    const { message } = frame;
    if (isRequest(message)) this.#inFlight.set(message.id, new AbortController());
    const ending = this.#ending;
    if (ending) queueMicrotask(() => this.#refused(message, ending));
    else this.#inOrder(frame).catch((error: unknown) => this.#failed(message, error));
  }

  forget(id: RequestId): void {
    this.#inFlight.get(id)?.abort();
    this.#settled(id);
  }

  async close({ leaveSession = false } = {}): Promise<void> {
    if (this.#ended) return;
    const session = this.#ending || leaveSession ? undefined : this.#sessionID;
    this.#end({ reason: "Closed", message: "The connection was closed" });
    if (session === undefined) return;
    // The server may refuse, or be gone: either way the session is over for us.
    const signal = AbortSignal.timeout(closePatienceMs);
    const answer = await this.#endpoint
      .send({ method: "DELETE", headers: this.#headers(), signal })
      .catch(() => undefined);
    await answer?.body.dump();
  }

  /**
   * Sends a message, but none before the handshake is over: servers refuse requests before `notifications/initialized`,
   * and what they ask on their own stream before that is open never arrives.
   */
  #inOrder(frame: Frame): Promise<void> {
    const introduction = this.#introduction;
    if (introduction) return introduction.then(() => this.#exchange(frame));
    const sent = this.#exchange(frame);
    if (isInitialized(frame.message)) this.#introduce(sent);
    return sent;
  }

  /** `accepted`: the server knows that the session is open; where it does not, nothing is waited for. */
  #introduce(accepted: Promise<void>): void {
    const opened = accepted.then(
      () => this.#openStream(),
      () => {},
    );
    const introduction = Promise.race([opened, delay(streamPatienceMs, undefined, { ref: false })]).then(() => {
      this.#introduction = undefined;
    });
    this.#introduction = introduction;
  }

  async #exchange(frame: Frame): Promise<void> {
    const { message } = frame;
    const abort = isRequest(message) ? this.#inFlight.get(message.id) : undefined;
    if (isRequest(message) && !abort) return;
    const signal = abort ? AbortSignal.any([abort.signal, this.#stop.signal]) : this.#stop.signal;
    const headers = { ...accept, ...this.#headers(), ...headersOf(message, this.#toolHeaders) };
    const answer = await this.#endpoint.send({ method: "POST", headers, body: bytesOf(frame), signal });
    await this.#read(answer, message, signal);
    if (!isRequest(message)) return;
    if (this.#settled(message.id) && !abort?.signal.aborted) this.#unanswered(message.id);
  }

  async #read(answer: HTTPAnswer, message: Message, signal: AbortSignal): Promise<void> {
    const { statusCode, headers, body } = answer;
    const session = headers["mcp-session-id"];
    if (typeof session === "string" && isInitialize(message)) this.#sessionID = session;
    const inSession = this.#sessionID !== undefined && !isInitialize(message);
    if (statusCode === 404 && inSession) {
      await body.dump();
      return this.#expired(message);
    }
    const type = String(headers["content-type"] ?? "");
    if (type.includes("text/event-stream")) return this.#readStream(answer, message, signal);
    const bytes = await readWhole(body, this.#maximumBytes);
    if (statusCode === 400 && inSession && disownsSession(bytes)) return this.#expired(message);
    if (!isRequest(message)) return;
    const parsed = parseFrame(bytes);
    if (parsed.ok && isResponse(parsed.frame.message)) this.#answered(parsed.frame, message.id);
    else this.#fail(message.id, refusalText(statusCode, bytes, this.#endpoint.name));
  }

  #readStream(answer: HTTPAnswer, message: Message, signal: AbortSignal): Promise<void> {
    const about = isRequest(message) ? message.id : undefined;
    const events = {
      event: ({ data }: { data: string }) => {
        if (data === "") return;
        const parsed = parseFrame(Buffer.from(data));
        if (!parsed.ok) this.#receiver.garbage(data.slice(0, 200));
        else if (isResponse(parsed.frame.message) && about !== undefined) this.#answered(parsed.frame, about);
        else this.#receiver.frame(parsed.frame, about);
      },
      tooLarge: (bytes: number) => this.#tooLarge(bytes, about),
    };
    const legacy = this.#version === undefined || eraOf(this.#version) === "legacy";
    const stream = new AnswerStream({
      endpoint: this.#endpoint,
      headers: () => this.#headers(),
      maximumBytes: this.#maximumBytes,
      events,
      signal,
      unfinished: () => legacy && about !== undefined && this.#inFlight.has(about),
    });
    return stream.read(answer);
  }

  /** Passes an answer on; servers may leave the id out of errors. */
  #answered(frame: Frame, id: RequestId): void {
    const { message } = frame;
    if (!this.#inFlight.has(id) || !isResponse(message)) return;
    this.#toolHeaders.learn(message);
    const version = "result" in message ? message.result["protocolVersion"] : undefined;
    if (typeof version === "string") this.#version ??= version;
    this.#receiver.frame(
      "error" in message && message.id !== id ? frameOf(errorResponse(id, message.error)) : frame,
      id,
    );
    this.#settled(id);
  }

  /** The stream ended without the answer. */
  #unanswered(id: RequestId): void {
    this.#receiver.frame(
      frameOf(unavailable(id, `${this.#endpoint.name} ended the answer before it was complete`)),
      id,
    );
  }

  #fail(id: RequestId, text: string): void {
    if (this.#settled(id)) this.#receiver.frame(frameOf(unavailable(id, text)), id);
  }

  /** Whether the request was in flight; from now on it is not. */
  #settled(id: RequestId): boolean {
    const known = this.#inFlight.delete(id);
    if (this.#ending && this.#inFlight.size === 0) this.#end(this.#ending);
    return known;
  }

  #tooLarge(bytes: number, id: RequestId | undefined): void {
    if (id !== undefined) this.#settled(id);
    this.#receiver.dropped(bytes, id);
  }

  /** Only legacy servers have a stream for what they say on their own account. Resolves when it is open. */
  async #openStream(): Promise<void> {
    if (this.#ended || (this.#version !== undefined && eraOf(this.#version) === "modern")) return;
    this.#stream ??= new ServerStream({
      endpoint: this.#endpoint,
      headers: () => this.#headers(),
      maximumBytes: this.#maximumBytes,
      receiver: this.#receiver,
    });
    await this.#stream.asked;
  }

  #expired(message: Message): void {
    this.#refused(message, {
      reason: "SessionExpired",
      message: `${this.#endpoint.name} does not know the session any more`,
      unused: true,
    });
  }

  #failed(message: Message, error: unknown): void {
    const id = isRequest(message) ? message.id : undefined;
    if (error instanceof BodyTooLarge) this.#tooLarge(error.bytes, id);
    else if (!isAbort(error)) {
      const ending = endingOf(error, this.#endpoint.name);
      if (ending.unused) this.#refused(message, ending);
      else this.#end(ending);
    }
  }

  /** This message was not taken. Other requests may have been: they must not be sent a second time. */
  #refused(message: Message, ending: Ending): void {
    this.#ending ??= ending;
    const id = isRequest(message) ? message.id : undefined;
    if (id !== undefined && this.#inFlight.delete(id)) this.#receiver.unsent(id, ending);
    if (this.#inFlight.size === 0) this.#end(this.#ending);
  }

  #end(ending: Ending): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#stop.abort();
    this.#stream?.close();
    this.#endpoint.release();
    // Never from inside a call of the user's own.
    queueMicrotask(() => this.#receiver.ended(ending));
  }

  #headers(): Record<string, string> {
    return {
      ...(this.#sessionID !== undefined && { "mcp-session-id": this.#sessionID }),
      ...(this.#version !== undefined && { "mcp-protocol-version": this.#version }),
    };
  }
}

/** What 2026-07-28 asks to be said in headers too, so that intermediaries need not read the body. */
function headersOf(message: Message, toolHeaders: ToolHeaders): Record<string, string> {
  if (!("method" in message)) return {};
  const { [MetaKey.traceparent]: traceparent } = metaOf(message.params);
  const trace: Record<string, string> = typeof traceparent === "string" ? { traceparent } : {};
  const version = metaOf(message.params)[MetaKey.protocolVersion];
  if (typeof version !== "string") return trace;
  const name = message.params?.[message.method === "resources/read" ? "uri" : "name"];
  return {
    ...trace,
    "mcp-protocol-version": version,
    "mcp-method": message.method,
    ...(typeof name === "string" && { "mcp-name": encodeHeaderValue(name) }),
    ...(isRequest(message) && toolHeaders.of(message)),
  };
}

function refusalText(status: number, body: Buffer, where: string): string {
  const said = body.toString("utf8", 0, 200).replaceAll(/\s+/g, " ").trim();
  const hint = status === 401 || status === 403 ? ": it does not accept our credentials" : "";
  return `${where} answered with status ${status}${hint}${said ? `: ${JSON.stringify(said)}` : ""}`;
}

/**
 * Whether a refusal is of the session and not of the request. The specification asks for 404; servers that follow the
 * examples of the TypeScript SDK answer 400, "No valid session ID provided", without the request's id.
 */
function disownsSession(body: Buffer): boolean {
  const parsed = parseFrame(body);
  if (!parsed.ok || !isErrorResponse(parsed.frame.message)) return false;
  const { id, error } = parsed.frame.message;
  return (id === undefined || id === null) && /session|not initialized/i.test(error.message);
}

function unavailable(id: RequestId, message: string) {
  return errorResponse(id, { code: ErrorCode.upstreamUnavailable, message });
}

function isInitialize(message: Message): boolean {
  return "method" in message && message.method === "initialize";
}
