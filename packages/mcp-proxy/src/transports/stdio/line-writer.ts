import type { Writable } from "node:stream";

const newline = Buffer.from("\n");

/**
 * Writes lines to a stream. Those of one turn of the event loop go out in one system call: under load that is a
 * large part of the cost of a call.
 */
export class LineWriter {
  readonly #stream: Writable;
  #parts: Buffer[] = [];
  #bytes = 0;
  #flush: NodeJS.Immediate | undefined;

  constructor(stream: Writable) {
    this.#stream = stream;
  }

  /** Bytes that the other side has not taken yet. */
  get waiting(): number {
    return this.#bytes + this.#stream.writableLength;
  }

  write(line: Buffer): void {
    this.#bytes += line.length;
    this.#parts.push(line, newline);
    this.#flush ??= setImmediate(() => this.flush());
  }

  /** Writes at once what waits for the end of the turn. */
  flush(): void {
    clearImmediate(this.#flush);
    this.#flush = undefined;
    const parts = this.#parts;
    this.#parts = [];
    this.#bytes = 0;
    if (parts.length > 0 && this.#stream.writable) this.#stream.write(Buffer.concat(parts));
  }
}
