import { PassThrough } from "node:stream";
import { notification, request } from "@moorage/mcp-messages";
import fc from "fast-check";
import { describe, expect, it, vi } from "vitest";
import type { Ending, Receiver } from "../../connection.ts";
import { frameOf } from "../../frame.ts";
import { connectChannel } from "./connect.ts";

const maximumBytes = 400;

/** What a receiver is told of a server that writes these bytes and ends. */
async function heard(chunks: readonly Uint8Array[]) {
  const output = new PassThrough();
  const { promise: ended, resolve } = Promise.withResolvers<Ending>();
  const told = { frames: [] as unknown[], garbage: [] as string[], dropped: [] as unknown[], endings: 0 };
  const receiver: Receiver = {
    frame: ({ message }) => told.frames.push(message),
    dropped: (bytes, id) => told.dropped.push({ bytes, id }),
    unsent: () => {},
    garbage: (text) => told.garbage.push(text),
    ended: () => {
      told.endings += 1;
    },
  };
  const close = async () => resolve({ reason: "Closed", message: "closed" });
  const channel = { address: "test", input: new PassThrough(), output, ended, close };
  const connection = connectChannel(channel, receiver, { maximumBytes });
  for (const chunk of chunks) output.write(chunk);
  await new Promise((done) => setImmediate(done));
  await connection.close();
  return told;
}

it("sends a server that does not read no more than 64 MiB, refuses what comes then, and goes on when it reads", async () => {
  const input = new PassThrough();
  const refused: unknown[] = [];
  const receiver: Receiver = {
    frame() {},
    dropped() {},
    unsent: (id, { reason }) => refused.push([id, reason]),
    garbage() {},
    ended() {},
  };
  const { promise: ended, resolve } = Promise.withResolvers<Ending>();
  const close = async () => resolve({ reason: "Closed", message: "closed" });
  const channel = { address: "test", input, output: new PassThrough(), ended, close };
  const connection = connectChannel(channel, receiver, { maximumBytes });
  const text = "x".repeat(8 * 1024 * 1024);
  for (let id = 1; id <= 10; id += 1) connection.send(frameOf(request(id, "tools/call", { text })));
  connection.send(frameOf(notification("notifications/progress", { text })));
  await new Promise((done) => setImmediate(done));
  expect(refused).toEqual([
    [9, "NotReading"],
    [10, "NotReading"],
  ]);
  const read: Buffer[] = [];
  input.on("data", (chunk: Buffer) => read.push(chunk));
  await vi.waitFor(() => expect(Buffer.concat(read).filter((byte) => byte === 0x0a)).toHaveLength(8));
  connection.send(frameOf(request(11, "ping")));
  await vi.waitFor(() => expect(Buffer.concat(read).toString("latin1")).toContain('"id":11'));
  expect(refused).toHaveLength(2);
  await connection.close();
});

const line = (text: string) => Buffer.from(`${text}\n`);

describe("connectChannel()", () => {
  it("survives any bytes, and hears every message among them", async () => {
    const message = fc
      .record({
        jsonrpc: fc.constant("2.0"),
        id: fc.integer(),
        result: fc.dictionary(fc.string(), fc.nat(), { maxKeys: 3 }),
      })
      .map((value) => ({ value, bytes: line(JSON.stringify(value)) }));
    const noise = fc.uint8Array({ maxLength: 600 }).map((bytes) => ({
      value: undefined,
      bytes: Buffer.concat([Buffer.from(bytes.filter((byte) => byte !== 0x0a)), Buffer.from("\n")]),
    }));
    await fc.assert(
      fc.asyncProperty(fc.array(fc.oneof(message, noise)), async (parts) => {
        const told = await heard(parts.map(({ bytes }) => bytes));
        const small = parts.filter(({ value, bytes }) => value && bytes.length <= maximumBytes);
        expect(told.frames).toEqual(expect.arrayContaining(small.map(({ value }) => value)));
        expect(told.endings).toBe(1);
      }),
    );
  });

  it("finds the id of a message that was too long wherever servers put it, and takes no other for it", async () => {
    const filler = "x".repeat(3000);
    const cases: [string, unknown][] = [
      [`{"jsonrpc":"2.0","id":7,"result":{"text":"${filler}"}}`, 7],
      [`{"result":{"id":9,"text":"${filler}"},"jsonrpc":"2.0","id":"a\\"b"}`, 'a"b'],
      [`{"result":{"text":"${filler}","id":9}}`, undefined],
      [filler, undefined],
    ];
    for (const [text, id] of cases) {
      const { dropped } = await heard([line(text)]);
      expect(dropped).toEqual([{ bytes: text.length, id }]);
    }
  });
});
