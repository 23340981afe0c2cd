import { isRequest } from "@moorage/mcp-messages";
import type { Connection, Ending, Receiver } from "../../connection.ts";
import { bytesOf, type Frame, parseFrame } from "../../frame.ts";
import type { Channel } from "./channel.ts";
import { idIn } from "./id-in.ts";
import { LineReader } from "./line-reader.ts";
import { LineWriter } from "./line-writer.ts";
import { onOneLine } from "./on-one-line.ts";

/** A server that lets this much wait does not read: it gets nothing more until it does. */
const maximumWaitingBytes = 64 * 1024 * 1024;
const stalled: Ending = {
  reason: "NotReading",
  message: `The server does not read: ${maximumWaitingBytes} bytes wait for it already`,
};

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
      if (!open) return;
      const { message } = frame;
      if (writer.waiting < maximumWaitingBytes) writer.write(onOneLine(bytesOf(frame)));
      // Never from inside `send`: the caller may not be ready for the answer yet.
      else if (isRequest(message)) queueMicrotask(() => receiver.unsent(message.id, stalled));
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
