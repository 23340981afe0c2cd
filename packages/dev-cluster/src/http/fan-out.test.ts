import { once } from "node:events";
import { createServer, get, IncomingMessage, ServerResponse } from "node:http";
import { type AddressInfo, Socket } from "node:net";
import { setImmediate as turn } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { FrameStream } from "./fan-out.ts";

const kibibyte = 1024;
const mebibyte = 1024 * kibibyte;

/** An answer without a connection: it keeps what is written, as for a client that does not read. */
function unread(): { response: ServerResponse; frames: FrameStream } {
  const response = new ServerResponse(new IncomingMessage(new Socket()));
  return { response, frames: new FrameStream(response) };
}

/** What a client reads of the stream that `send` fills. */
async function readOf(send: (frames: FrameStream) => void): Promise<string> {
  const server = createServer((_request, response) => {
    response.writeHead(200).flushHeaders();
    send(new FrameStream(response));
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const [response] = await once(get({ host: "127.0.0.1", port, agent: false }), "response");
  let text = "";
  for await (const chunk of response) text += chunk;
  server.close();
  return text;
}

describe("FrameStream", () => {
  it("writes the frames of one turn in their order, and before the end", async () => {
    const text = await readOf((frames) => {
      frames.write("one\n");
      frames.write(Buffer.from("two\n"));
      frames.write("three\n");
      frames.end();
    });
    expect(text).toBe("one\ntwo\nthree\n");
  });

  it("passes on everything in its order to a client that reads slower than it is written", async () => {
    const sent = Array.from({ length: 200 }, (_, index) => `${index} ${"x".repeat(32 * kibibyte)}\n`);
    const text = await readOf((frames) => {
      for (const frame of sent) frames.write(frame);
      const last = async () => {
        for (let turns = 0; turns < 20; turns++) await turn();
        frames.write("last\n");
        frames.end();
      };
      void last();
    });
    expect(text === `${sent.join("")}last\n`).toBe(true);
  });

  it("writes to a single stream in the next turn", async () => {
    const { response, frames } = unread();
    frames.write("event\n");
    expect(response.writableLength).toBe(0);
    await turn();
    expect(response.writableLength).toBeGreaterThan(0);
  });

  it("writes to eight streams a turn, the longest waiting first", async () => {
    const streams = Array.from({ length: 20 }, unread);
    for (const { frames } of streams) frames.write("event\n");
    const written = () => streams.map(({ response }) => response.writableLength > 0).lastIndexOf(true) + 1;
    const counts: number[] = [];
    for (let turns = 0; turns < 3; turns++) {
      await turn();
      counts.push(written());
    }
    expect(counts).toEqual([8, 16, 20]);
  });

  it("keeps what a client does not read in the frames that others share", async () => {
    const { response, frames } = unread();
    for (let count = 0; count < 100; count++) frames.write(Buffer.alloc(32 * kibibyte));
    for (let turns = 0; turns < 10; turns++) await turn();
    expect(response.writableLength).toBeLessThan(200 * kibibyte);
    expect(response.destroyed).toBe(false);
  });

  it("cuts off a client that leaves more than 32 MiB unread, written or not", async () => {
    const { response, frames } = unread();
    for (let count = 0; count < 31; count++) frames.write(Buffer.alloc(mebibyte));
    await turn();
    expect(response.destroyed).toBe(false);
    frames.write(Buffer.alloc(mebibyte));
    frames.write(Buffer.alloc(mebibyte));
    expect(response.destroyed).toBe(true);
  });

  it("writes nothing to a stream that is closed", async () => {
    const { response, frames } = unread();
    frames.write("event\n");
    response.emit("close");
    await turn();
    expect(response.writableLength).toBe(0);
  });
});
