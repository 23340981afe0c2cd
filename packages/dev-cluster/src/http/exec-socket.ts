import type { WebSocket } from "ws";
import type { PodExecStreams } from "../cluster-api.ts";
import { ApiError } from "../status/api-error.ts";
import { isFields } from "../store/api-object.ts";
import { encodeJson } from "../store/json.ts";

/** The first byte of each message says which stream it belongs to. */
const channels = { stdin: 0, stdout: 1, stderr: 2, error: 3, resize: 4, close: 255 } as const;

/** Output that the client has not read yet is bounded by pausing nothing but this much. */
const bufferLimitBytes = 16 * 1024 * 1024;

/** Connects a running command with a WebSocket, and reports its end on the error channel. */
export async function runExecOverSocket(
  socket: WebSocket,
  run: (streams: PodExecStreams) => Promise<{ exitCode: number }>,
): Promise<void> {
  const gone = new AbortController();
  const input = new InputQueue();
  const resizes: ((size: { width: number; height: number }) => void)[] = [];
  socket.on("message", (data, isBinary) => {
    const message = isBinary ? toBuffer(data) : Buffer.from(data.toString(), "latin1");
    const [channel] = message;
    const content = message.subarray(1);
    if (channel === channels.stdin) input.push(content);
    else if (channel === channels.close && content[0] === channels.stdin) input.end();
    else if (channel === channels.resize) announceSize(content, resizes);
  });
  socket.on("error", () => socket.terminate());
  socket.on("close", () => {
    input.end();
    gone.abort();
  });
  const send = (channel: number, chunk: Uint8Array) => {
    if (socket.readyState !== socket.OPEN) return;
    socket.send(Buffer.concat([Buffer.of(channel), chunk]));
    if (socket.bufferedAmount > bufferLimitBytes) socket.terminate();
  };
  const status = await outcomeOf(() =>
    run({
      stdin: input,
      stdout: (chunk) => send(channels.stdout, chunk),
      stderr: (chunk) => send(channels.stderr, chunk),
      onResize: (listener) => resizes.push(listener),
      signal: gone.signal,
    }),
  );
  send(channels.error, Buffer.from(encodeJson(status)));
  socket.close(1000);
}

function toBuffer(data: Buffer | ArrayBuffer | Buffer[]): Buffer {
  if (Array.isArray(data)) return Buffer.concat(data);
  return Buffer.isBuffer(data) ? data : Buffer.from(data);
}

function announceSize(
  content: Buffer,
  listeners: readonly ((size: { width: number; height: number }) => void)[],
): void {
  const size: unknown = JSON.parse(content.toString("utf8"));
  if (!isFields(size)) return;
  for (const listener of listeners)
    listener({ width: Number(size["Width"] ?? 80), height: Number(size["Height"] ?? 24) });
}

/** How the command ended, as a Status: kubectl takes its exit code from it. */
async function outcomeOf(run: () => Promise<{ exitCode: number }>): Promise<unknown> {
  try {
    const { exitCode } = await run();
    if (exitCode === 0) return { metadata: {}, status: "Success" };
    return {
      metadata: {},
      status: "Failure",
      message: `command terminated with non-zero exit code: exit status ${exitCode}`,
      reason: "NonZeroExitCode",
      details: { causes: [{ reason: "ExitCode", message: String(exitCode) }] },
    };
  } catch (error) {
    if (error instanceof ApiError) return error.status;
    const message = error instanceof Error ? error.message : String(error);
    return {
      metadata: {},
      status: "Failure",
      message: `Internal error occurred: ${message}`,
      reason: "InternalError",
      code: 500,
    };
  }
}

/** What the client has typed, as the command reads it. */
class InputQueue implements AsyncIterable<Uint8Array> {
  readonly #chunks: Uint8Array[] = [];
  #ended = false;
  #wake = () => {};

  push(chunk: Uint8Array): void {
    if (this.#ended) return;
    this.#chunks.push(chunk);
    this.#wake();
  }

  end(): void {
    this.#ended = true;
    this.#wake();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array> {
    for (;;) {
      const chunk = this.#chunks.shift();
      if (chunk) yield chunk;
      else if (this.#ended) return;
      else {
        await new Promise<void>((resolve) => {
          this.#wake = resolve;
        });
      }
    }
  }
}
