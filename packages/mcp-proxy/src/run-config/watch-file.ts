import { type FSWatcher, watch } from "node:fs";
import { readFile } from "node:fs/promises";
import { dirname } from "node:path";

/** A mount may not tell of changes at all, so the file is also looked at every few seconds. */
const pollMs = 5000;
const settleMs = 50;

/**
 * Calls back with the bytes of a file whenever they have changed, in order, until closed. The folder is watched, not the
 * file: a ConfigMap volume replaces a symbolic link (`..data`) beside it, and editors replace the file itself.
 * A file that cannot be read for a moment is waited for.
 */
export class FileWatch {
  readonly #file: string;
  readonly #onChange: (bytes: Buffer) => void;
  readonly #watcher: FSWatcher | undefined;
  readonly #poll: NodeJS.Timeout;
  #bytes: Buffer;
  #settle: NodeJS.Timeout | undefined;
  #closed = false;

  /** `bytes` is the content that is known already. */
  constructor(file: string, bytes: Buffer, onChange: (bytes: Buffer) => void) {
    this.#file = file;
    this.#bytes = bytes;
    this.#onChange = onChange;
    const look = () => {
      clearTimeout(this.#settle);
      this.#settle = setTimeout(() => void this.#look(), settleMs);
    };
    this.#watcher = watchFolder(dirname(file), look);
    this.#poll = setInterval(look, pollMs);
    this.#poll.unref();
    // It may have changed since it was read.
    look();
  }

  close(): void {
    this.#closed = true;
    this.#watcher?.close();
    clearInterval(this.#poll);
    clearTimeout(this.#settle);
  }

  async #look(): Promise<void> {
    const bytes = await readFile(this.#file).catch(() => undefined);
    if (this.#closed || bytes === undefined || bytes.equals(this.#bytes)) return;
    this.#bytes = bytes;
    this.#onChange(bytes);
  }
}

/** Undefined where the system has no watch left; the poll sees changes too, only later. */
function watchFolder(folder: string, onEvent: () => void): FSWatcher | undefined {
  try {
    return watch(folder, { persistent: false }, onEvent).on("error", () => {});
  } catch {
    return undefined;
  }
}
