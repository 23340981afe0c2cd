import type { Readable, Writable } from "node:stream";
import {
  claimsModern,
  type Era,
  ErrorCode,
  errorResponse,
  isNotification,
  isRequest,
  type Message,
  type RequestId,
} from "@moorage/mcp-messages";
import type { Answer, Call, Handler, ListenStream, ReplyStream } from "../../call.ts";
import { bytesOf, type Frame, frameOf, parseFrame } from "../../frame.ts";
import { anonymous } from "../../principal.ts";
import type { Limits } from "../../settings.ts";
import { idIn } from "./id-in.ts";
import { LineReader } from "./line-reader.ts";
import { LineWriter } from "./line-writer.ts";
import { onOneLine } from "./on-one-line.ts";

export interface StdioContext {
  readonly limits: () => Limits;
  /** The layers and what lies behind them. */
  readonly handle: Handler;
}

/**
 * The one client of a proxy that was started by it, of either era: a message per line in both directions. A legacy
 * client has one session, from its `initialize` on.
 * https://modelcontextprotocol.io/specification/2025-11-25/basic/transports#stdio
 */
export class StdioClient {
  readonly #output: Writable;
  readonly #writer: LineWriter;
  readonly #context: StdioContext;
  /** Modern requests in flight, with what is to be done when the client gives them up. */
  readonly #modern = new Map<RequestId, Set<() => void>>();
  readonly #working = new Set<Promise<void>>();
  #sessionID: string | undefined;

  constructor(output: Writable, context: StdioContext) {
    this.#output = output;
    this.#writer = new LineWriter(output);
    this.#context = context;
  }

  /** Resolves when the client has closed its side, and all that it asked for is answered or given up. */
  async serve(input: Readable): Promise<void> {
    const reader = new LineReader(
      { line: (line) => this.#receive(line), tooLong: (bytes, head, tail) => this.#refuse(bytes, idIn(head, tail)) },
      this.#context.limits().requestBytes,
    );
    // A client that is gone cannot be written to; its input ends too, which is how we know.
    this.#output.on("error", () => {});
    for await (const chunk of input) reader.push(chunk);
    for (const callbacks of this.#modern.values()) for (const gone of callbacks) gone();
    await Promise.all(this.#working);
    this.#writer.flush();
  }

  #receive(line: Buffer): void {
    if (line.length === 0) return;
    const parsed = parseFrame(line);
    if (!parsed.ok) {
      this.#write(frameOf(errorResponse(parsed.id, parsed.error)));
      return;
    }
    const working = this.#serve(parsed.frame).finally(() => this.#working.delete(working));
    this.#working.add(working);
  }

  async #serve(frame: Frame): Promise<void> {
    const { message } = frame;
    const era = eraOf(message);
    if (isNotification(message) && message.method === "notifications/cancelled" && this.#giveUp(message.params)) return;
    const gone = new Set<() => void>();
    const listed = era === "modern" && isRequest(message);
    if (listed) this.#modern.set(message.id, gone);
    const answer = await this.#context.handle({ ...this.#head(era), kind: "message", frame, reply: this.#reply(gone) });
    const wanted = !listed || this.#modern.get(message.id) === gone;
    if (listed && wanted) this.#modern.delete(message.id);
    // What needs no answer gets none, not even where it failed.
    if (isRequest(message) && wanted) await this.#answered(answer);
  }

  async #answered({ frame, headers }: Answer): Promise<void> {
    if (frame) this.#write(frame);
    const session = headers?.["mcp-session-id"];
    if (session === undefined) return;
    this.#sessionID = session;
    await this.#context.handle({
      ...this.#head("legacy"),
      kind: "listen",
      lastEventID: undefined,
      stream: this.#stream(),
    });
  }

  /** Whether a modern request was given up: legacy ones are the session's. */
  #giveUp(params: Record<string, unknown> | undefined): boolean {
    const id = params?.["requestId"];
    if (typeof id !== "string" && typeof id !== "number") return false;
    const callbacks = this.#modern.get(id);
    if (!callbacks) return false;
    this.#modern.delete(id);
    for (const gone of callbacks) gone();
    return true;
  }

  #refuse(bytes: number, id: RequestId | undefined): void {
    const text = `The message of ${bytes} bytes is too large: send less, or raise limits.requestBytes`;
    this.#write(frameOf(errorResponse(id, { code: ErrorCode.badRequest, message: text })));
  }

  #reply(gone: Set<() => void>): ReplyStream {
    return { emit: (frame) => this.#write(frame), onGone: (callback) => void gone.add(callback) };
  }

  /** Carries what the server says on its own account; it is open for as long as the session is. */
  #stream(): ListenStream {
    return { ...this.#reply(new Set()), close() {}, writeEvent() {}, endEvents() {} };
  }

  #head(era: Era): Omit<Extract<Call, { kind: "end" }>, "kind"> {
    return {
      requestID: crypto.randomUUID(),
      transport: "stdio",
      era,
      headers: {},
      url: "",
      sessionID: this.#sessionID,
      principal: anonymous,
    };
  }

  #write(frame: Frame): void {
    this.#writer.write(onOneLine(bytesOf(frame)));
  }
}

function eraOf(message: Message): Era {
  return "method" in message && claimsModern(message.params) ? "modern" : "legacy";
}
