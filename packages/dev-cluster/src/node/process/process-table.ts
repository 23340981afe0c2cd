import { createHash, randomBytes } from "node:crypto";
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { findMarked, markVariable, startTimeOf } from "./running-processes.ts";
import { sendSignal } from "./send-signal.ts";

/** How long exits are collected before one look through all processes serves them together. */
const sweepDelayMs = 50;

/**
 * Knows every process that the node started, across its own death.
 *
 * Each process is recorded in `DIR/<run>/<pid>` with its start time, and carries a mark in its environment that
 * its descendants inherit, also those that leave its process group.
 * *Guarantees*: after `killLeftovers` nothing of an earlier run is alive (on Linux; elsewhere, no recorded group).
 */
export class ProcessTable {
  /** Marks what this run starts: `<id of the state folder>/<run>`. */
  readonly mark: string;
  readonly recordsDir: string;
  readonly #dir: string;
  readonly #node: string;
  #pendingSweep: Set<string> | undefined;

  constructor(dir: string) {
    this.#dir = dir;
    this.#node = createHash("sha256").update(dir).digest("hex").slice(0, 12);
    const run = randomBytes(4).toString("hex");
    this.mark = `${this.#node}/${run}`;
    this.recordsDir = join(dir, run);
    mkdirSync(this.recordsDir, { recursive: true, mode: 0o700 });
  }

  /** The environment variable by which a process and its descendants are found again. */
  markFor(id: string): Record<string, string> {
    return { [markVariable]: `${this.mark}/${id}` };
  }

  add(pid: number): void {
    writeFileSync(join(this.recordsDir, String(pid)), startTimeOf(pid) ?? "");
  }

  /** Forgets an ended process and soon kills what it has left behind under the mark `id`. */
  remove(pid: number, id: string): void {
    rmSync(join(this.recordsDir, String(pid)), { force: true });
    if (!this.#pendingSweep) setTimeout(() => this.#sweep(), sweepDelayMs).unref();
    this.#pendingSweep ??= new Set();
    this.#pendingSweep.add(`${this.mark}/${id}`);
  }

  /** Kills what earlier runs over the same folder have left, and returns how many processes that were. */
  killLeftovers(): number {
    let killed = 0;
    for (const run of readdirSync(this.#dir)) {
      const records = join(this.#dir, run);
      if (records === this.recordsDir) continue;
      for (const name of readdirSync(records)) {
        const pid = Number(name);
        // A number that another process has by now is not ours: the start time tells.
        const isOurs = pid > 1 && startTimeOf(pid) === readFileSync(join(records, name), "utf8");
        if (isOurs) sendSignal(-pid, "SIGKILL");
        if (isOurs) killed += 1;
      }
      rmSync(records, { recursive: true, force: true });
    }
    const marked = findMarked((mark) => mark.startsWith(`${this.#node}/`) && !mark.startsWith(this.mark));
    for (const pid of marked) sendSignal(pid, "SIGKILL");
    return Math.max(killed, marked.length);
  }

  /** Kills everything of this run that is still alive. */
  killAll(): void {
    for (const name of readdirSync(this.recordsDir)) sendSignal(-Number(name), "SIGKILL");
    for (const pid of findMarked((mark) => mark.startsWith(this.mark))) sendSignal(pid, "SIGKILL");
    rmSync(this.recordsDir, { recursive: true, force: true });
  }

  #sweep(): void {
    const ended = this.#pendingSweep ?? new Set();
    this.#pendingSweep = undefined;
    for (const pid of findMarked((mark) => ended.has(mark))) sendSignal(pid, "SIGKILL");
  }
}
