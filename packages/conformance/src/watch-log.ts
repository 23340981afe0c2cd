import type { Readable } from "node:stream";

/** One line of a watch. */
export interface WatchEvent {
  readonly type: string;
  readonly object: unknown;
}

/** What a watch has said so far. */
export class WatchLog {
  readonly events: WatchEvent[] = [];
  /** Ends the request; set by whoever opened it. */
  onStop: () => void = () => {};
  #isOver = false;
  readonly #ended = Promise.withResolvers<void>();
  #changed = Promise.withResolvers<void>();

  /** Takes in a stream of lines until it ends. */
  async read(stream: Readable): Promise<void> {
    let rest = "";
    stream.setEncoding("utf8");
    stream.on("error", () => this.end());
    stream.on("end", () => this.end());
    stream.on("data", (text: string) => {
      const lines = (rest + text).split("\n");
      rest = lines.pop() ?? "";
      for (const line of lines) if (line !== "") this.#add(line);
    });
    await this.#ended.promise;
  }

  /** Resolves with the events once `isEnough` says so, or when the server ends the watch, or after half a minute. */
  async until(isEnough: (events: readonly WatchEvent[]) => boolean, limitMs = 30_000): Promise<readonly WatchEvent[]> {
    const limit = AbortSignal.timeout(limitMs);
    const late = new Promise<void>((resolve) => limit.addEventListener("abort", () => resolve()));
    while (!isEnough(this.events) && !this.#isOver && !limit.aborted) {
      await Promise.race([this.#changed.promise, this.#ended.promise, late]);
    }
    return this.events;
  }

  /** Waits for the server to end the watch. */
  async untilEnd(): Promise<readonly WatchEvent[]> {
    return this.until(() => false);
  }

  get isOver(): boolean {
    return this.#isOver;
  }

  /** Takes note that nothing more will come. */
  end(): void {
    this.#isOver = true;
    this.#ended.resolve();
  }

  /** Ends the watch from this side. */
  stop(): void {
    this.onStop();
    this.end();
  }

  #add(line: string): void {
    this.events.push(JSON.parse(line));
    this.#changed.resolve();
    this.#changed = Promise.withResolvers<void>();
  }
}
