import { errorResponse, type Notification, type Request, type RequestId, resultResponse } from "@moorage/mcp-messages";
import type { ListenStream, ReplyStream } from "../call.ts";
import { type Frame, frameOf } from "../frame.ts";

/** Messages that are kept for a client that has not opened its stream yet. */
const maximumHeld = 100;
const internalError = -32603;

/** What the server sends on its own account: requests and notifications, and the streams they go to. */
export class ServerRequests {
  readonly #answer: (frame: Frame) => void;
  readonly #streams: ListenStream[] = [];
  /** Requests that the client has not answered, with the stream that they were sent on. */
  readonly #open = new Map<RequestId, ReplyStream | undefined>();
  #held: Frame[] = [];

  /** `answer` sends our own answer to the server, where the client cannot. */
  constructor(answer: (frame: Frame) => void) {
    this.#answer = answer;
  }

  get listening(): boolean {
    return this.#streams.length > 0;
  }

  listen(stream: ListenStream): void {
    this.#streams.push(stream);
    stream.onGone(() => {
      const index = this.#streams.indexOf(stream);
      if (index >= 0) this.#streams.splice(index, 1);
    });
    const held = this.#held;
    this.#held = [];
    for (const frame of held) stream.emit(frame);
  }

  /** Passes a request on to the client; `reply` is the stream of the call that it belongs to. */
  ask(frame: Frame, { id, method }: Request, reply: ReplyStream | undefined): void {
    const stream = reply ?? this.#streams.at(-1);
    if (!stream && method === "ping") {
      this.#answer(frameOf(resultResponse(id, {})));
      return;
    }
    this.#open.set(id, stream);
    if (!this.#deliver(frame, stream)) {
      this.#open.delete(id);
      const message = "The client has no stream open that could carry the request";
      this.#answer(frameOf(errorResponse(id, { code: internalError, message })));
    }
  }

  /** Passes a notification on; one that cancels a request follows that request. */
  tell(frame: Frame, message: Notification, reply: ReplyStream | undefined): void {
    const cancelled = message.method === "notifications/cancelled" ? message.params?.["requestId"] : undefined;
    const asked = typeof cancelled === "string" || typeof cancelled === "number" ? cancelled : undefined;
    const stream = asked === undefined ? undefined : this.#open.get(asked);
    if (asked !== undefined) this.#open.delete(asked);
    this.#deliver(frame, stream ?? reply ?? this.#streams.at(-1));
  }

  /** Whether the server waits for an answer with this id; from now on it does not. */
  settle(id: RequestId): boolean {
    return this.#open.delete(id);
  }

  /** The server is gone, and with it everything that it asked. */
  forgetAll(): void {
    this.#open.clear();
    this.#held = [];
  }

  closeStreams(): void {
    for (const stream of [...this.#streams]) stream.close();
  }

  /** False where the message could be neither sent nor kept. */
  #deliver(frame: Frame, stream: ReplyStream | undefined): boolean {
    if (stream) stream.emit(frame);
    else if (this.#held.length < maximumHeld) this.#held.push(frame);
    else return false;
    return true;
  }
}
