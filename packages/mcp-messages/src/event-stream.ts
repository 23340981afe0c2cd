/** Server-sent events as text: https://html.spec.whatwg.org/multipage/server-sent-events.html */
export interface ServerSentEvent {
  /** Absent: `message`. */
  readonly event?: string;
  readonly data: string;
  readonly id?: string;
  /** Milliseconds after which a client should reconnect. */
  readonly retry?: number;
}

/** The bytes of one event. `data` may hold line breaks. */
export function encodeEvent(event: ServerSentEvent): string {
  let text = "";
  if (event.event !== undefined) text += `event: ${event.event}\n`;
  if (event.id !== undefined) text += `id: ${event.id}\n`;
  if (event.retry !== undefined) text += `retry: ${event.retry}\n`;
  const data = /[\r\n]/.test(event.data) ? event.data.split(/\r\n|\r|\n/).join("\ndata: ") : event.data;
  return `${text}data: ${data}\n\n`;
}

/**
 * Collects the lines of one event at a time. Feed it lines without their ends; it returns the event that a blank line
 * completes. Comments and unknown fields are skipped; an event without data is returned where it has an id or retry.
 */
export class EventAssembler {
  #event: string | undefined;
  #id: string | undefined;
  #retry: number | undefined;
  #data: string[] = [];

  push(line: string): ServerSentEvent | undefined {
    if (line === "") return this.#take();
    const colon = line.indexOf(":");
    if (colon === 0) return undefined;
    const field = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? "" : line.slice(line[colon + 1] === " " ? colon + 2 : colon + 1);
    if (field === "data") this.#data.push(value);
    else if (field === "event") this.#event = value;
    else if (field === "id" && !value.includes("\0")) this.#id = value;
    else if (field === "retry" && /^\d+$/.test(value)) this.#retry = Number(value);
    return undefined;
  }

  #take(): ServerSentEvent | undefined {
    const event = this.#event;
    const id = this.#id;
    const retry = this.#retry;
    const data = this.#data;
    this.#event = undefined;
    this.#id = undefined;
    this.#retry = undefined;
    this.#data = [];
    if (data.length === 0 && id === undefined && retry === undefined) return undefined;
    return {
      ...(event !== undefined && { event }),
      data: data.join("\n"),
      ...(id !== undefined && { id }),
      ...(retry !== undefined && { retry }),
    };
  }
}
