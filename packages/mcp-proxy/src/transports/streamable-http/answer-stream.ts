import { setTimeout as delay } from "node:timers/promises";
import type { ServerSentEvent } from "@moorage/mcp-messages";
import type { HTTPAnswer, HTTPEndpoint } from "../../upstream/http-endpoint.ts";
import { isAbort } from "../../upstream/http-failure.ts";
import { type EventStreamEvents, readEvents } from "./read-answer.ts";

const initialWaitMs = 1000;
/** A server that asks to be called again at once would else be asked without a pause. */
const minimumWaitMs = 50;
const maximumWaitMs = 30_000;

export interface AnswerStreamOptions {
  readonly endpoint: HTTPEndpoint;
  readonly headers: () => Readonly<Record<string, string>>;
  readonly maximumBytes: number;
  readonly events: EventStreamEvents;
  readonly signal: AbortSignal;
  /** Whether a stream that ended is to be continued. Modern servers continue none. */
  readonly unfinished: () => boolean;
}

/**
 * Reads the event stream that a request is answered on. A legacy server may end it before the answer and want to be
 * asked again later, and networks break: the stream is continued by GET from the last event on, for as long as the
 * request is wanted. https://modelcontextprotocol.io/specification/2025-11-25/basic/transports#resumability-and-redelivery
 */
export class AnswerStream {
  readonly #options: AnswerStreamOptions;
  #lastEventID: string | undefined;
  #waitMs = initialWaitMs;

  constructor(options: AnswerStreamOptions) {
    this.#options = options;
  }

  /** Resolves when the answer has come, or will not come any more. Rejects where the stream broke and cannot be continued. */
  async read(answer: HTTPAnswer): Promise<void> {
    await this.#readBody(answer).catch((error: unknown) => this.#mayContinue(error));
    const { signal, unfinished } = this.#options;
    while (this.#lastEventID !== undefined && unfinished()) {
      await delay(this.#waitMs, undefined, { signal });
      if (!(await this.#continue(this.#lastEventID).catch((error: unknown) => this.#mayContinue(error)))) return;
    }
  }

  /** False where the server does not continue the stream. */
  async #continue(lastEventID: string): Promise<boolean> {
    const { endpoint, headers, signal } = this.#options;
    const answer = await endpoint.send({
      method: "GET",
      headers: { ...headers(), "last-event-id": lastEventID, accept: "text/event-stream" },
      signal,
    });
    if (answer.statusCode !== 200) {
      await answer.body.dump();
      return answer.statusCode >= 500;
    }
    await this.#readBody(answer);
    return true;
  }

  async #readBody({ body }: HTTPAnswer): Promise<void> {
    const { events, maximumBytes } = this.#options;
    const event = (received: ServerSentEvent) => {
      if (received.id !== undefined) this.#lastEventID = received.id;
      if (received.retry !== undefined) this.#waitMs = Math.min(Math.max(received.retry, minimumWaitMs), maximumWaitMs);
      events.event(received);
    };
    await readEvents(body, { ...events, event }, maximumBytes);
  }

  #mayContinue(error: unknown): true {
    if (this.#lastEventID === undefined || isAbort(error)) throw error;
    return true;
  }
}
