const newline = 0x0a;
const carriageReturn = 0x0d;
const keptBytes = 1024;

export interface LineEvents {
  /** A line without its end. The bytes may be kept. */
  line(line: Buffer): void;
  /** A line was longer than allowed and has been dropped; its first and last KiB are left. */
  tooLong(bytes: number, head: Buffer, tail: Buffer): void;
}

/**
 * Splits a byte stream into lines in linear time: chunks are collected in a list and joined once,
 * when the line is complete. Memory is bounded by `maximumBytes`: the rest of a longer line is thrown away.
 */
export class LineReader {
  readonly #events: LineEvents;
  readonly #maximumBytes: number;
  #chunks: Buffer[] = [];
  #bytes = 0;
  #head: Buffer | undefined;

  constructor(events: LineEvents, maximumBytes: number) {
    this.#events = events;
    this.#maximumBytes = maximumBytes;
  }

  push(chunk: Buffer): void {
    let start = 0;
    for (let end = chunk.indexOf(newline); end >= 0; end = chunk.indexOf(newline, start)) {
      this.#keep(chunk.subarray(start, end));
      this.#finish();
      start = end + 1;
    }
    if (start < chunk.length) this.#keep(chunk.subarray(start));
  }

  /** The bytes after the last line end. */
  get rest(): Buffer {
    return Buffer.concat(this.#chunks);
  }

  #keep(part: Buffer): void {
    this.#bytes += part.length;
    this.#chunks.push(part);
    if (this.#bytes <= this.#maximumBytes) return;
    const kept = Buffer.concat(this.#head ? this.#chunks.slice(-2) : this.#chunks);
    this.#head ??= Buffer.from(kept.subarray(0, keptBytes));
    this.#chunks = [Buffer.from(kept.subarray(-keptBytes))];
  }

  #finish(): void {
    const [first] = this.#chunks;
    const bytes = this.#bytes;
    const head = this.#head;
    const line = this.#chunks.length === 1 && first ? first : Buffer.concat(this.#chunks);
    this.#chunks = [];
    this.#bytes = 0;
    this.#head = undefined;
    if (head) this.#events.tooLong(bytes, head, line);
    else this.#events.line(line.at(-1) === carriageReturn ? line.subarray(0, -1) : line);
  }
}
