/** A line longer than this is no object: etcd refuses objects of more than 1.5 MiB, and JSON at most triples them. */
const maxLineBytes = 16 * 1024 * 1024;

const newline = 0x0a;

/**
 * Splits a stream of chunks into lines, one batch per chunk.
 *
 * Splits at 0x0A only: U+2028 and U+2029, which line readers of the language take for line ends, are legal inside
 * JSON texts, and a newline byte never occurs inside a UTF-8 sequence or a JSON string.
 * A last line without a newline is yielded too: only its parser can tell whether it was cut.
 * @throws RangeError when a line exceeds `maxBytes`.
 */
export async function* lineBatches(
  chunks: AsyncIterable<Buffer>,
  maxBytes: number = maxLineBytes,
): AsyncGenerator<string[]> {
  const rest = new LineRest(maxBytes);
  for await (const chunk of chunks) {
    const batch: string[] = [];
    let start = 0;
    for (let end = chunk.indexOf(newline); end !== -1; end = chunk.indexOf(newline, start)) {
      const line = rest.complete(chunk.subarray(start, end));
      if (line !== "") batch.push(line);
      start = end + 1;
    }
    rest.keep(chunk.subarray(start));
    if (batch.length > 0) yield batch;
  }
  const last = rest.complete(Buffer.alloc(0));
  if (last !== "") yield [last];
}

/** The start of a line whose end has not come yet: joined once, however many chunks it takes. */
class LineRest {
  readonly #maxBytes: number;
  #parts: Buffer[] = [];
  #bytes = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  keep(part: Buffer): void {
    if (part.length === 0) return;
    this.#parts.push(part);
    this.#bytes += part.length;
    if (this.#bytes > this.#maxBytes) throw new RangeError(`A line of more than ${this.#maxBytes} bytes`);
  }

  complete(end: Buffer): string {
    if (this.#parts.length === 0) return end.toString("utf8");
    this.keep(end);
    const line = Buffer.concat(this.#parts, this.#bytes).toString("utf8");
    this.#parts = [];
    this.#bytes = 0;
    return line;
  }
}
