import type { Readable } from "node:stream";
import { EventAssembler, type ServerSentEvent } from "@moorage/mcp-messages";
import { LineReader } from "../stdio/line-reader.ts";

/** A body was larger than allowed. */
export class BodyTooLarge extends Error {
  readonly bytes: number;

  constructor(bytes: number) {
    super(`The body is larger than ${bytes} bytes`);
    this.bytes = bytes;
  }
}

/** Reads a whole body. Throws `BodyTooLarge`. */
export async function readWhole(body: Readable, maximumBytes: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of body) {
    bytes += chunk.length;
    if (bytes > maximumBytes) throw new BodyTooLarge(bytes);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

export interface EventStreamEvents {
  event(event: ServerSentEvent): void;
  /** An event was larger than allowed and has been dropped. */
  tooLarge(bytes: number): void;
}

/** Reads server-sent events until the stream ends; rejects where it breaks. */
export async function readEvents(body: Readable, events: EventStreamEvents, maximumBytes: number): Promise<void> {
  const lines = new EventLines(events, maximumBytes);
  const reader = new LineReader(
    { line: (line) => lines.push(line), tooLong: (bytes) => lines.skip(bytes) },
    maximumBytes,
  );
  for await (const chunk of body) reader.push(chunk);
}

/** Puts lines together to events, of which none may be too large, however many lines it has. */
class EventLines {
  readonly #events: EventStreamEvents;
  readonly #maximumBytes: number;
  #assembler = new EventAssembler();
  /** Of the event that is being read. */
  #bytes = 0;

  constructor(events: EventStreamEvents, maximumBytes: number) {
    this.#events = events;
    this.#maximumBytes = maximumBytes;
  }

  push(line: Buffer): void {
    this.#bytes += line.length;
    if (line.length === 0) this.#complete();
    else if (this.#bytes <= this.#maximumBytes) this.#assembler.push(line.toString("utf8"));
  }

  /** A line was too long by itself. */
  skip(bytes: number): void {
    this.#bytes += bytes;
  }

  #complete(): void {
    const bytes = this.#bytes;
    this.#bytes = 0;
    if (bytes <= this.#maximumBytes) {
      const event = this.#assembler.push("");
      if (event) this.#events.event(event);
      return;
    }
    this.#assembler = new EventAssembler();
    this.#events.tooLarge(bytes);
  }
}
