const keptCharacters = 4096;

/** Keeps the end of a text that arrives in pieces. */
export class TextTail {
  #text = "";

  push(piece: string): void {
    this.#text = (this.#text + piece).slice(-keptCharacters);
  }

  /** The last `count` lines that hold anything, joined by " | "; empty where there are none. */
  lastLines(count: number): string {
    const lines = this.#text.split(/\r?\n/).map((line) => line.trim());
    return lines
      .filter((line) => line !== "")
      .slice(-count)
      .join(" | ");
  }
}
