import { readFile } from "node:fs/promises";

/**
 * A file that somebody else rotates: read at most once per `maxAgeMs`, whatever the number of callers.
 *
 * *Guarantees*: concurrent reads share one; a read never returns content older than `maxAgeMs`;
 * when the file cannot be read any more (mid-rotation), the last good content stays in use.
 */
export class FreshFile {
  readonly #path: string;
  readonly #maxAgeMs: number;
  #content: string | undefined;
  #readAt = Number.NEGATIVE_INFINITY;
  #reading: Promise<string> | undefined;

  constructor(path: string, maxAgeMs = 10_000) {
    this.#path = path;
    this.#maxAgeMs = maxAgeMs;
  }

  async read(): Promise<string> {
    if (this.#content !== undefined && performance.now() - this.#readAt < this.#maxAgeMs) return this.#content;
    this.#reading ??= this.#load().finally(() => {
      this.#reading = undefined;
    });
    return this.#reading;
  }

  /** Makes the next `read()` look at the file: the server refused what it held. */
  invalidate(): void {
    this.#readAt = Number.NEGATIVE_INFINITY;
  }

  async #load(): Promise<string> {
    this.#content = await readFile(this.#path, "utf8").catch((error: unknown) => {
      if (this.#content === undefined)
        throw new Error(`Cannot read credentials from "${this.#path}"`, { cause: error });
      return this.#content;
    });
    this.#readAt = performance.now();
    return this.#content;
  }
}
