import { isInitialized, isRequest, type ServerSentEvent } from "@moorage/mcp-messages";
import type { Connection, Ending, Pin, Receiver } from "../../connection.ts";
import { bytesOf, type Frame, parseFrame } from "../../frame.ts";
import type { HTTPEndpoint } from "../../upstream/http-endpoint.ts";
import { endingOf, isAbort } from "../../upstream/http-failure.ts";
import { readEvents } from "../streamable-http/read-answer.ts";

/** Messages that may wait for the server to name its endpoint. */
const maximumWaiting = 1000;

/**
 * Opens a conversation over HTTP+SSE (2024-11-05): the server's messages come on one event stream, whose first event
 * names the URL that ours are posted to. The end of the stream is the end of the conversation.
 */
export function connectSSE(endpoint: HTTPEndpoint, receiver: Receiver, options: { maximumBytes: number }): Connection {
  return new SSEConnection(endpoint, receiver, options.maximumBytes);
}

class SSEConnection implements Connection {
  readonly #endpoint: HTTPEndpoint;
  readonly #receiver: Receiver;
  readonly #stop = new AbortController();
  #waiting: Frame[] = [];
  #postURL: URL | undefined;
  /** Until the server has taken the end of the handshake: what follows must not overtake it. Never rejects. */
  #introduction: Promise<void> | undefined;
  #ended = false;

  constructor(endpoint: HTTPEndpoint, receiver: Receiver, maximumBytes: number) {
    this.#endpoint = endpoint;
    this.#receiver = receiver;
    this.#run(maximumBytes).catch((error: unknown) => {
      this.#end(
        isAbort(error) ? { reason: "Closed", message: "The connection was closed" } : endingOf(error, endpoint.name),
      );
    });
  }

  get pin(): Pin {
    const { address } = this.#endpoint;
    return address === undefined ? {} : { address };
  }

  send(frame: Frame): void {
    if (this.#ended) return;
    if (this.#postURL) this.#inOrder(frame, this.#postURL);
    else if (this.#waiting.length < maximumWaiting) this.#waiting.push(frame);
  }

  // One stream carries everything: the session that owns it drops what no one waits for.
  forget(): void {}

  async close(): Promise<void> {
    this.#end({ reason: "Closed", message: "The connection was closed" });
  }

  async #run(maximumBytes: number): Promise<void> {
    const { name } = this.#endpoint;
    const { signal } = this.#stop;
    const answer = await this.#endpoint.send({ method: "GET", headers: { accept: "text/event-stream" }, signal });
    const type = String(answer.headers["content-type"] ?? "");
    if (answer.statusCode !== 200 || !type.includes("text/event-stream")) {
      await answer.body.dump();
      const refused = answer.statusCode === 401 || answer.statusCode === 403;
      const message = `${name} answered with status ${answer.statusCode} and ${type || "no content type"} instead of an event stream`;
      return this.#end({ reason: refused ? "Unauthorized" : "NotMCP", message, unused: true });
    }
    const url = await this.#endpoint.url();
    const events = {
      event: (event: ServerSentEvent) => this.#receive(event, url),
      tooLarge: (bytes: number) => this.#receiver.dropped(bytes, undefined),
    };
    await readEvents(answer.body, events, maximumBytes);
    this.#end({ reason: "ServerExited", message: `${name} closed the event stream` });
  }

  #receive({ event, data }: ServerSentEvent, url: URL): void {
    if (event === "endpoint") {
      this.#open(data, url);
      return;
    }
    const parsed = parseFrame(Buffer.from(data));
    if (parsed.ok) this.#receiver.frame(parsed.frame);
    else this.#receiver.garbage(data.slice(0, 200));
  }

  /** Our messages may hold secrets: they go to no other server than the one we were told to talk to. */
  #open(data: string, url: URL): void {
    const target = URL.canParse(data, url.href) ? new URL(data, url) : undefined;
    if (target?.protocol !== url.protocol || target.port !== url.port) {
      const message = `${this.#endpoint.name} wants messages posted to ${JSON.stringify(data)}, which is another server`;
      this.#end({ reason: "NotMCP", message, unused: true });
      return;
    }
    // Behind a name the server knows itself by that name, while we speak to one of its addresses.
    target.hostname = url.hostname;
    this.#postURL = target;
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const frame of waiting) this.send(frame);
  }

  #inOrder(frame: Frame, url: URL): void {
    const sent = this.#introduction?.then(() => this.#post(frame, url)) ?? this.#post(frame, url);
    if (!isInitialized(frame.message)) return;
    this.#introduction = sent.then(() => {
      this.#introduction = undefined;
    });
  }

  async #post(frame: Frame, url: URL): Promise<void> {
    try {
      const headers = { "content-type": "application/json" };
      const answer = await this.#endpoint.send({
        method: "POST",
        headers,
        body: bytesOf(frame),
        signal: this.#stop.signal,
        url,
      });
      await answer.body.dump();
      if (answer.statusCode < 400) return;
      const message = `${this.#endpoint.name} answered a message with status ${answer.statusCode}`;
      this.#refused(frame, { reason: "SessionExpired", message, unused: true });
    } catch (error) {
      if (!isAbort(error)) this.#refused(frame, endingOf(error, this.#endpoint.name));
    }
  }

  /** This message was not taken, which ends the conversation; others were, and must not be sent a second time. */
  #refused({ message }: Frame, { unused = false, ...ending }: Ending): void {
    if (unused && isRequest(message) && !this.#ended) this.#receiver.unsent(message.id, ending);
    this.#end(ending);
  }

  #end(ending: Ending): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#stop.abort();
    this.#endpoint.release();
    queueMicrotask(() => this.#receiver.ended(ending));
  }
}
