import { isRequest, type RequestId } from "@moorage/mcp-messages";
import type { Connection, Ending, Receiver } from "../../connection.ts";
import { bytesOf, type Frame, parseFrame } from "../../frame.ts";
import type { Channel } from "./channel.ts";
import { LineReader } from "./line-reader.ts";
import { LineWriter } from "./line-writer.ts";

/** Speaks MCP's stdio framing (one message per line) over the byte streams of a server. */
export function connectChannel(channel: Channel, receiver: Receiver, options: { maximumBytes: number }): Connection {
  let open = true;
  const writer = new LineWriter(channel.input);
  const reader = new LineReader(
    {
      line: (line) => receiveLine(line, receiver),
      tooLong: (bytes, head, tail) => receiver.dropped(bytes, idIn(head, tail)),
    },
    options.maximumBytes,
  );
  channel.output.on("data", (chunk: Buffer) => reader.push(chunk));
  const finished = channel.ended.then((ending: Ending) => {
    open = false;
    if (reader.rest.length > 0) receiver.garbage(reader.rest.toString("utf8", 0, 200));
    receiver.ended(ending);
  });
  return {
    get pin() {
      return { address: channel.address };
    },
    send(frame: Frame) {
      if (open) writer.write(onOneLine(bytesOf(frame)));
    },
    // One pipe carries everything: the session that owns it drops what no one waits for.
    forget() {},
    async close() {
      writer.flush();
      await channel.close();
      await finished;
    },
  };
}

function receiveLine(line: Buffer, receiver: Receiver): void {
  if (line.length === 0) return;
  const parsed = parseFrame(line);
  if (parsed.ok) receiver.frame(parsed.frame);
  else receiver.garbage(line.toString("utf8", 0, 200));
}

/** A line break in JSON can only be white space (inside a string it is escaped), so a blank may take its place. */
function onOneLine(bytes: Buffer): Buffer {
  if (!bytes.includes(0x0a) && !bytes.includes(0x0d)) return bytes;
  return Buffer.from(bytes.map((byte) => (byte === 0x0a || byte === 0x0d ? 0x20 : byte)));
}

/** Servers write `id` first or last, never in the middle of a result: enough to fail the one call. */
function idIn(head: Buffer, tail: Buffer): RequestId | undefined {
  const pattern = /"id"\s*:\s*("(?:[^"\\]|\\.)*"|-?\d+)/;
  const first = /^\s*\{[^{[]*/.exec(head.toString("latin1"))?.[0] ?? "";
  const last = /[^}\]]*\}\s*$/.exec(tail.toString("latin1"))?.[0] ?? "";
  const found = pattern.exec(first)?.[1] ?? pattern.exec(last)?.[1];
  if (found === undefined) return undefined;
  const parsed = parseFrame(Buffer.from(`{"jsonrpc":"2.0","method":"x","id":${found}}`, "latin1"));
  return parsed.ok && isRequest(parsed.frame.message) ? parsed.frame.message.id : undefined;
}
