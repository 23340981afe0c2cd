import { type ChildProcessByStdio, spawn } from "node:child_process";
import { constants } from "node:os";
import type { Readable, Writable } from "node:stream";
import { sendSignal } from "./send-signal.ts";

/** What to run. Nothing of the node's own environment reaches the child. */
export interface ProcessSpec {
  /** The program and its arguments. */
  argv: readonly string[];
  env: Readonly<Record<string, string>>;
  cwd: string;
}

/** How a process ended. `exitCode` is 128 + the signal's number when a signal ended it, as in containers. */
export interface Exit {
  exitCode: number;
  signal?: number;
  /** Why it could not even be started. */
  startError?: string;
}

/**
 * A process with a process group of its own.
 *
 * *Guarantees*: `exited` settles exactly once, also when the program does not exist; after it nothing of the
 * group is alive. *Caveats*: a descendant that starts a session of its own leaves the group: see `Sweeper`.
 */
export class ContainerProcess {
  readonly pid: number | undefined;
  readonly stdin: Writable;
  readonly stdout: Readable;
  readonly stderr: Readable;
  readonly exited: Promise<Exit>;
  #hasExited = false;

  constructor({ argv: [program = "", ...args], env, cwd }: ProcessSpec) {
    const child = spawn(program, args, { env, cwd, detached: true, stdio: ["pipe", "pipe", "pipe"] });
    this.pid = child.pid;
    this.stdin = child.stdin;
    this.stdout = child.stdout;
    this.stderr = child.stderr;
    // The program may end without having read what it was sent.
    child.stdin.on("error", () => undefined);
    this.exited = this.#whenExited(child, program);
  }

  /** Sends `signal` to the whole group. Does nothing once it has ended. */
  signal(signal: NodeJS.Signals): void {
    if (this.pid !== undefined && !this.#hasExited) sendSignal(-this.pid, signal);
  }

  #whenExited(child: ChildProcessByStdio<Writable, Readable, Readable>, program: string): Promise<Exit> {
    return new Promise((resolve) => {
      child.once("error", (error) => resolve({ exitCode: 128, startError: startErrorMessage(program, error) }));
      child.once("exit", (code, signal) => {
        this.#hasExited = true;
        // What the leader leaves behind in its group must not outlive the container, nor hold its pipes open.
        if (child.pid !== undefined) sendSignal(-child.pid, "SIGKILL");
        resolve(exitOf(code, signal));
      });
    });
  }
}

function exitOf(code: number | null, signal: NodeJS.Signals | null): Exit {
  if (signal === null) return { exitCode: code ?? 0 };
  const number = constants.signals[signal];
  return { exitCode: 128 + number, signal: number };
}

function startErrorMessage(program: string, error: Error): string {
  const isMissing = "code" in error && error.code === "ENOENT";
  const why = isMissing ? "executable file not found, or its working directory does not exist" : error.message;
  return `Cannot start "${program}": ${why}`;
}
