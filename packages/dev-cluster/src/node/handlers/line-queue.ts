/** How many items may wait for a slow reader; beyond it the oldest are dropped and counted. */
const maxWaiting = 10_000;

/** A bounded queue between something that happens and someone who reads it as an async iterable. */
export class LineQueue<T> implements AsyncIterable<T> {
  readonly #items: T[] = [];
  #dropped = 0;
  #ended = false;
  #wake: (() => void) | undefined;

  /** Items lost since the last call, because the reader was too slow. */
  takeDropped(): number {
    const dropped = this.#dropped;
    this.#dropped = 0;
    return dropped;
  }

  push(item: T): void {
    if (this.#ended) return;
    this.#items.push(item);
    if (this.#items.length > maxWaiting) {
      this.#items.shift();
      this.#dropped += 1;
    }
    this.#wake?.();
  }

  /** No item follows; those that wait are still read. */
  end(): void {
    this.#ended = true;
    this.#wake?.();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<T, void, undefined> {
    for (;;) {
      const item = this.#items.shift();
      if (item !== undefined) yield item;
      else if (this.#ended) return;
      else {
        await new Promise<void>((resolve) => {
          this.#wake = resolve;
        });
      }
    }
  }
}
