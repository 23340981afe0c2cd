import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** The file that says that a folder is complete. */
const completeFile = ".complete";

/**
 * A folder with one installed package per sub-folder.
 *
 * *Guarantees*: a package is installed once however many ask for it at the same time, and a folder that `install`
 * returns is complete: it is filled under another name and renamed, so neither a crash nor another process that
 * shares the cache leaves a half-filled one.
 */
export class Installs {
  readonly #dir: string;
  readonly #running = new Map<string, Promise<string>>();

  constructor(dir: string) {
    this.#dir = dir;
  }

  find(id: string): string | undefined {
    const dir = this.#folderOf(id);
    return existsSync(join(dir, completeFile)) ? dir : undefined;
  }

  /** The folder of `id`, filled by `fill` if it is not there yet; a failure of `fill` is everyone's who waits. */
  async install(id: string, fill: (dir: string) => Promise<void>): Promise<string> {
    const present = this.find(id);
    if (present !== undefined) return present;
    const running = this.#running.get(id) ?? this.#fill(id, fill).finally(() => this.#running.delete(id));
    this.#running.set(id, running);
    return running;
  }

  async #fill(id: string, fill: (dir: string) => Promise<void>): Promise<string> {
    mkdirSync(this.#dir, { recursive: true });
    const temporary = mkdtempSync(join(this.#dir, ".installing-"));
    const final = this.#folderOf(id);
    try {
      await fill(temporary);
      writeFileSync(join(temporary, completeFile), "");
      if (!this.find(id)) {
        rmSync(final, { recursive: true, force: true });
        renameSync(temporary, final);
      }
    } finally {
      rmSync(temporary, { recursive: true, force: true });
    }
    return final;
  }

  #folderOf(id: string): string {
    return join(this.#dir, id.replaceAll("/", "+"));
  }
}
