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
  const assembler = new EventAssembler();
  const reader = new LineReader(
    {
      line(line) {
        const event = assembler.push(line.toString("utf8"));
        if (event) events.event(event);
      },
      tooLong: (bytes) => events.tooLarge(bytes),
    },
    maximumBytes,
  );
  for await (const chunk of body) reader.push(chunk);
}
