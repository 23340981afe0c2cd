import { encodeEvent } from "@moorage/mcp-messages";

/** Events that are kept for each stream, and streams for each session: what a short break of the network needs. */
const maximumEvents = 256;
const maximumStreams = 64;
/** Bytes that are kept for each stream; the newest event is kept whatever its size. */
const maximumBytes = 4 * 1024 * 1024;

/** An open response that events can be written to. */
export interface EventTarget {
  writeEvent(text: string): void;
  endEvents(): void;
}

/**
 * The event streams of one session, kept for a while, so that a client whose connection broke can go on where it was
 * (`Last-Event-ID`). Event ids are unique in the session: number of the stream, number of the event.
 * https://modelcontextprotocol.io/specification/2025-11-25/basic/transports#resumability-and-redelivery
 */
export class EventLog {
  readonly #streams = new Map<number, LoggedStream>();
  #lastNumber = 0;

  /** A new stream whose events go to `target`. */
  open(target: EventTarget): LoggedStream {
    this.#lastNumber += 1;
    const stream = new LoggedStream(this.#lastNumber, target);
    this.#streams.set(this.#lastNumber, stream);
    if (this.#streams.size > maximumStreams) {
      for (const oldest of this.#streams.keys().take(1)) this.#streams.delete(oldest);
    }
    return stream;
  }

  /**
   * Sends `target` what came after the event on its stream, and all that is still to come. Returns false where nothing
   * more will come on that stream, or it is not known any more.
   */
  resume(lastEventID: string, target: EventTarget): boolean {
    const [, number, event] = /^(\d{1,9})-(\d{1,9})$/.exec(lastEventID) ?? [];
    const stream = this.#streams.get(Number(number));
    return stream?.resume(target, Number(event)) ?? false;
  }
}

/** One stream of events, whatever connection carries it. */
export class LoggedStream {
  readonly #number: number;
  #target: EventTarget;
  #events: { readonly number: number; readonly text: string }[] = [];
  #bytes = 0;
  #lastEvent = 0;
  #ended = false;

  constructor(number: number, target: EventTarget) {
    this.#number = number;
    this.#target = target;
  }

  append(data: string): void {
    this.#lastEvent += 1;
    const text = encodeEvent({ event: "message", id: `${this.#number}-${this.#lastEvent}`, data });
    this.#events.push({ number: this.#lastEvent, text });
    this.#bytes += text.length;
    while (this.#events.length > 1 && (this.#events.length > maximumEvents || this.#bytes > maximumBytes)) {
      this.#bytes -= this.#events.shift()?.text.length ?? 0;
    }
    this.#target.writeEvent(text);
  }

  end(): void {
    this.#ended = true;
    this.#target.endEvents();
  }

  /** Whether more is to come. */
  resume(target: EventTarget, after: number): boolean {
    for (const { number, text } of this.#events) if (number > after) target.writeEvent(text);
    if (this.#ended) return false;
    this.#target = target;
    return true;
  }
}
