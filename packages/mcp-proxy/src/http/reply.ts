import type { ServerResponse } from "node:http";
import { encodeEvent, isResponse } from "@moorage/mcp-messages";
import type { Answer, ListenStream } from "../call.ts";
import { bytesOf, type Frame } from "../frame.ts";
import type { EventLog, LoggedStream } from "../sessions/event-log.ts";
import type { KeepAlive } from "./keep-alive.ts";

/** A client that reads so slowly that this much waits for it loses its stream; it may open another. */
const maximumWaitingBytes = 32 * 1024 * 1024;
const onePieceBytes = 16 * 1024;
const eventHeaders = {
  "content-type": "text/event-stream",
  "cache-control": "no-cache, no-transform",
  // nginx would otherwise collect the events before it passes them on.
  "x-accel-buffering": "no",
};

export interface ReplyOptions {
  readonly keepAlive: KeepAlive;
  /** Whether the client accepts an event stream; without one it gets the answer only. */
  readonly events: boolean;
  /** Whether the client accepts plain JSON. */
  readonly json: boolean;
  /** Sent with everything. */
  readonly headers: Readonly<Record<string, string>>;
}

/**
 * One HTTP response that may turn into an event stream: a call that is answered at once gets plain JSON; the first
 * message before the answer, or a wait that proxies between us and the client might cut off, opens a stream.
 */
export class Reply implements ListenStream {
  readonly #response: ServerResponse;
  readonly #options: ReplyOptions;
  #streaming = false;
  #log: EventLog | undefined;
  #logged: LoggedStream | undefined;

  constructor(response: ServerResponse, options: ReplyOptions) {
    this.#response = response;
    this.#options = options;
    options.keepAlive.add(this);
  }

  /** Sends nothing while the answer is awaited: its headers say something, and would go out with the first comment. */
  waitInSilence(): void {
    this.#options.keepAlive.delete(this);
  }

  emit(frame: Frame): void {
    if (!this.#options.events) return;
    this.open();
    this.#write(frame);
  }

  onGone(callback: () => void): void {
    this.#response.once("close", () => {
      if (!this.#response.writableFinished) callback();
    });
  }

  resumeThrough(log: EventLog): void {
    this.#log = log;
  }

  writeEvent(text: string): void {
    this.open();
    if (!this.#response.destroyed) this.#response.write(text);
  }

  endEvents(): void {
    this.close();
  }

  /** Starts the event stream, where it has not started. */
  open(): void {
    if (this.#streaming || this.#response.headersSent) return;
    this.#streaming = true;
    if (this.#response.destroyed) return;
    this.#response.writeHead(200, { ...eventHeaders, ...this.#options.headers });
    this.#response.flushHeaders();
  }

  /** Sends the answer and ends the response. */
  finish(answer: Answer): void {
    if (answer.streaming) {
      // Clients wait for the headers before they take the stream for open.
      this.open();
      return;
    }
    this.#options.keepAlive.delete(this);
    const { frame } = answer;
    // A stream that broke keeps its end for the client that comes back.
    if (this.#streaming && (this.#logged || !this.#response.destroyed)) this.#finishStream(frame);
    else if (this.#response.writableEnded || this.#response.destroyed) return;
    else if (frame && this.#wantsEvents(answer)) {
      this.#response.writeHead(200, { ...eventHeaders, ...this.#options.headers, ...answer.headers });
      this.#finishStream(frame);
    } else this.#finishPlain(answer);
  }

  close(): void {
    this.#options.keepAlive.delete(this);
    this.#response.end();
  }

  /** Called while nothing has been sent for the interval of the keep-alive. */
  keepAlive(): void {
    if (this.#response.destroyed || this.#response.writableEnded) this.#options.keepAlive.delete(this);
    else if (this.#options.events) this.#comment();
  }

  #comment(): void {
    this.open();
    this.#response.write(": keep-alive\n\n");
  }

  #wantsEvents(answer: Answer): boolean {
    return !this.#options.json && this.#options.events && answer.status === 200;
  }

  #finishStream(frame: Frame | undefined): void {
    if (frame) this.#write(frame);
    if (this.#logged) this.#logged.end();
    else this.#response.end();
  }

  #finishPlain({ status, frame, headers }: Answer): void {
    if (!frame) {
      this.#response.writeHead(status, { "content-length": 0, ...this.#options.headers, ...headers }).end();
      return;
    }
    const bytes = bytesOf(frame);
    this.#response.writeHead(status, {
      "content-type": "application/json",
      "content-length": bytes.length,
      ...this.#options.headers,
      ...headers,
    });
    // Node.js sends a string in one piece with the headers, a buffer in a second one; latin1 keeps every byte.
    if (bytes.length <= onePieceBytes) this.#response.end(bytes.toString("latin1"), "latin1");
    else this.#response.end(bytes);
  }

  #write(frame: Frame): void {
    const data = bytesOf(frame).toString("utf8");
    if (this.#log) {
      this.#logged ??= this.#log.open(this);
      this.#logged.append(data);
    } else if (!this.#response.destroyed) this.#response.write(encodeEvent({ event: "message", data }));
    // The answer itself may be larger: nothing can pile up behind it.
    if (this.#response.writableLength > maximumWaitingBytes && !isResponse(frame.message)) this.#response.destroy();
  }
}
