import { setTimeout as delay } from "node:timers/promises";
import type { ServerSentEvent } from "@moorage/mcp-messages";
import type { Receiver } from "../../connection.ts";
import { parseFrame } from "../../frame.ts";
import type { HTTPEndpoint } from "../../upstream/http-endpoint.ts";
import { readEvents } from "./read-answer.ts";

const initialWaitMs = 1000;
const maximumWaitMs = 30_000;

export interface ServerStreamOptions {
  readonly endpoint: HTTPEndpoint;
  readonly headers: () => Readonly<Record<string, string>>;
  readonly maximumBytes: number;
  readonly receiver: Receiver;
}

/**
 * The legacy GET stream, for what the server says on its own account. It is opened again when it breaks, from the last
 * event on; a server that has no such stream (405) is left alone.
 */
export class ServerStream {
  readonly #options: ServerStreamOptions;
  readonly #stop = new AbortController();
  readonly #asked = Promise.withResolvers<void>();
  #lastEventID: string | undefined;
  #waitMs = initialWaitMs;

  constructor(options: ServerStreamOptions) {
    this.#options = options;
    void this.#run();
  }

  /** Resolves once the server has said whether it opens the stream, or cannot be asked. Never rejects. */
  get asked(): Promise<void> {
    return this.#asked.promise;
  }

  close(): void {
    this.#stop.abort();
  }

  async #run(): Promise<void> {
    const { signal } = this.#stop;
    while (!signal.aborted) {
      // A stream that breaks is not the end of the session: the next request will tell if that is over.
      const wanted = await this.#listen().catch(() => true);
      this.#asked.resolve();
      if (!wanted || signal.aborted) return;
      await delay(this.#waitMs, undefined, { signal }).catch(() => {});
      this.#waitMs = Math.min(this.#waitMs * 2, maximumWaitMs);
    }
  }

  /** Resolves when the stream ends; false where the server does not want one. */
  async #listen(): Promise<boolean> {
    const { endpoint, headers, maximumBytes, receiver } = this.#options;
    const last = this.#lastEventID;
    const answer = await endpoint.send({
      method: "GET",
      headers: { ...headers(), ...(last !== undefined && { "last-event-id": last }), accept: "text/event-stream" },
      signal: this.#stop.signal,
    });
    this.#asked.resolve();
    if (answer.statusCode !== 200) {
      await answer.body.dump();
      return answer.statusCode >= 500;
    }
    const events = {
      event: (event: ServerSentEvent) => this.#receive(event),
      tooLarge: (bytes: number) => receiver.dropped(bytes, undefined),
    };
    await readEvents(answer.body, events, maximumBytes);
    return true;
  }

  #receive({ id, retry, data }: ServerSentEvent): void {
    if (id !== undefined) this.#lastEventID = id;
    this.#waitMs = Math.min(retry ?? initialWaitMs, maximumWaitMs);
    if (data === "") return;
    const parsed = parseFrame(Buffer.from(data));
    if (parsed.ok) this.#options.receiver.frame(parsed.frame);
    else this.#options.receiver.garbage(data.slice(0, 200));
  }
}
