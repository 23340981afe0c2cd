import type { ServerResponse } from "node:http";

/** A client that does not read is cut off, so that it costs bounded memory. */
const bufferLimitBytes = 32 * 1024 * 1024;
/** What is copied for one client at a time; the rest stays in the frames that all clients have in common. */
const pieceBytes = 64 * 1024;
/** Enough to spread a burst fast, few enough that requests do not wait for all watchers. */
const streamsPerTurn = 8;

/** Streams that have frames to write, in the order in which they got the first of them. */
const waiting = new Set<FrameStream>();
let isScheduled = false;

function schedule(stream: FrameStream): void {
  waiting.add(stream);
  if (isScheduled) return;
  isScheduled = true;
  setImmediate(writeSome);
}

/** Each write is a record of TLS and a system call, whatever its size: what comes while a stream waits shares one. */
function writeSome(): void {
  isScheduled = false;
  for (const stream of [...waiting.values().take(streamsPerTurn)]) {
    waiting.delete(stream);
    stream.writePiece();
  }
  for (const stream of waiting.values().take(1)) schedule(stream);
}

/**
 * The frames of one watch on their way to its client.
 *
 * *Guarantees*: frames are written in their order, and before the end. On an idle server they are written in the next
 * turn of the event loop, eight streams a turn. A closed stream holds none.
 */
export class FrameStream {
  readonly #response: ServerResponse;
  #frames: Buffer[] = [];
  #bytes = 0;

  constructor(response: ServerResponse) {
    this.#response = response;
    response.on("drain", () => this.#schedule());
    response.on("close", () => this.#drop());
  }

  /** A frame that others send too is not copied before it is written. */
  write(frame: Buffer | string): void {
    if (this.#response.destroyed) return;
    const bytes = typeof frame === "string" ? Buffer.from(frame) : frame;
    this.#frames.push(bytes);
    this.#bytes += bytes.length;
    if (this.#bytes + this.#response.writableLength > bufferLimitBytes) this.#response.destroy();
    else if (this.#frames.length === 1) this.#schedule();
  }

  /** Writes what waits, then ends the answer. */
  end(): void {
    const rest = this.#take(this.#frames.length);
    this.#drop();
    this.#response.end(rest);
  }

  /** Writes as much as is written at once; the rest has to wait for its turn, and for the client to read. */
  writePiece(): void {
    if (this.#frames.length === 0 || this.#response.writableNeedDrain) return;
    let count = 0;
    let size = 0;
    for (const frame of this.#frames) {
      if (size >= pieceBytes) break;
      size += frame.length;
      count++;
    }
    if (this.#response.write(this.#take(count))) this.#schedule();
  }

  #schedule(): void {
    if (this.#frames.length > 0) schedule(this);
  }

  #take(count: number): Buffer {
    const frames = this.#frames.splice(0, count);
    const [only] = frames;
    const piece = only && count === 1 ? only : Buffer.concat(frames);
    this.#bytes -= piece.length;
    return piece;
  }

  #drop(): void {
    waiting.delete(this);
    this.#frames = [];
    this.#bytes = 0;
  }
}
