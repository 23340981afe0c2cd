import { type FSWatcher, watch } from "node:fs";
import { readFile } from "node:fs/promises";
import { dirname } from "node:path";

/** A mount may not tell of changes at all, so the file is also looked at every few seconds. */
const pollMs = 5000;
const settleMs = 50;

/**
 * Calls back with the text of a file whenever it has changed, in order, until closed. The folder is watched, not the
 * file: a ConfigMap volume replaces a symbolic link (`..data`) beside it, and editors replace the file itself.
 * A file that cannot be read for a moment is waited for.
 */
export class FileWatch {
  readonly #file: string;
  readonly #onChange: (text: string) => void;
  readonly #watcher: FSWatcher;
  readonly #poll: NodeJS.Timeout;
  #text: string;
  #settle: NodeJS.Timeout | undefined;

  /** `text` is the content that is known already. */
  constructor(file: string, text: string, onChange: (text: string) => void) {
    this.#file = file;
    this.#text = text;
    this.#onChange = onChange;
    const look = () => {
      clearTimeout(this.#settle);
      this.#settle = setTimeout(() => void this.#look(), settleMs);
    };
    this.#watcher = watch(dirname(file), look);
    // Where the folder cannot be watched any more the poll goes on.
    this.#watcher.on("error", () => {});
    this.#poll = setInterval(look, pollMs);
    this.#poll.unref();
  }

  close(): void {
    this.#watcher.close();
    clearInterval(this.#poll);
    clearTimeout(this.#settle);
  }

  async #look(): Promise<void> {
    const text = await readFile(this.#file, "utf8").catch(() => undefined);
    if (text === undefined || text === this.#text) return;
    this.#text = text;
    this.#onChange(text);
  }
}
