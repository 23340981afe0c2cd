import { Readable } from "node:stream";
import { encodeEvent, type ServerSentEvent } from "@moorage/mcp-messages";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { readEvents } from "./read-answer.ts";

async function read(chunks: readonly Buffer[], maximumBytes = 1_000_000) {
  const events: ServerSentEvent[] = [];
  const tooLarge: number[] = [];
  const body = Readable.from(chunks, { objectMode: true });
  await readEvents(
    body,
    { event: (event) => events.push(event), tooLarge: (bytes) => tooLarge.push(bytes) },
    maximumBytes,
  );
  return { events, tooLarge };
}

function cut(bytes: Buffer, lengths: readonly number[]): Buffer[] {
  const chunks: Buffer[] = [];
  let start = 0;
  for (const length of lengths) {
    chunks.push(bytes.subarray(start, start + length));
    start += length;
  }
  return [...chunks, bytes.subarray(start)];
}

const lengths = fc.array(fc.nat({ max: 20 }), { maxLength: 50 });

describe("readEvents()", () => {
  it("reads what was encoded, however the bytes are cut", async () => {
    const text = fc.string({ unit: "grapheme", maxLength: 30 });
    const word = fc.stringMatching(/^[a-z0-9-]{1,10}$/);
    const event = fc.record({ event: word, data: text, id: word, retry: fc.nat() });
    await fc.assert(
      fc.asyncProperty(fc.array(event), lengths, async (sent, cuts) => {
        const { events, tooLarge } = await read(cut(Buffer.from(sent.map(encodeEvent).join("")), cuts));
        const lines = (data: string) => data.split(/\r\n|\r|\n/).join("\n");
        expect(events).toEqual(sent.map((one) => ({ ...one, data: lines(one.data) })));
        expect(tooLarge).toEqual([]);
      }),
    );
  });

  it("survives any bytes", async () => {
    const line = fc.oneof(
      fc.uint8Array({ maxLength: 40 }).map((bytes) => Buffer.from(bytes)),
      fc
        .constantFrom("data: {", "data", ":", "id: 1", "id: \0", "retry: -1", "retry: 99999999999", "", "event:")
        .map((text) => Buffer.from(text)),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(line), lengths, fc.integer({ min: 1, max: 60 }), async (parts, cuts, maximum) => {
        const bytes = Buffer.concat(parts.flatMap((part) => [part, Buffer.from("\n")]));
        const { events } = await read(cut(bytes, cuts), maximum);
        // Bytes that are no UTF-8 become three each.
        for (const { data } of events) expect(Buffer.byteLength(data)).toBeLessThanOrEqual(maximum * 3);
      }),
    );
  });

  it("drops an event that is too large, in one line or in many, and reads on", async () => {
    const many = `data: 123456789\n`.repeat(1000);
    const text = `data: ${"x".repeat(500)}\n\n${many}\ndata: next\n\n`;
    expect(await read([Buffer.from(text)], 100)).toEqual({
      events: [{ data: "next" }],
      tooLarge: [506, 15_000],
    });
  });
});
