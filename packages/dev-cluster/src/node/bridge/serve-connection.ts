import { type ChildProcess, spawn } from "node:child_process";
import type { Socket } from "node:net";
import { sendSignal } from "../process/send-signal.ts";

/** How long a program has to end once its client is gone, before it is killed. */
const graceMs = 2_000;
/** How long a program may take to end by itself after the end of its input, while its client still listens. */
const afterInputEndMs = 5_000;

/** Told when a program could not be started or has gone wrong. */
export type LogLine = (line: string) => void;

/**
 * Runs a program for one connection: the connection is its standard input and output, its errors go to ours.
 *
 * *Guarantees*: the end of the client's data ends the program's input; a lost connection ends the program's process
 * group (TERM, then KILL); the program's end closes the connection once all its output is sent; data waits on both
 * ways for the slower side. Resolves when the program is gone and the connection closed.
 */
export async function serveConnection(
  socket: Socket,
  [program, ...args]: readonly [string, ...string[]],
  log: LogLine,
): Promise<void> {
  socket.setNoDelay(true);
  const child = spawn(program, args, { detached: true, stdio: ["pipe", "pipe", "inherit"] });
  // A program that ends while it is written to, and a client that resets: both end what they are part of below.
  child.stdin.on("error", () => undefined);
  socket.on("error", () => undefined);
  socket.pipe(child.stdin);
  child.stdout.pipe(socket);

  const gone = once(socket, "close");
  const ended = exitOf(child, (error) => log(`nc: cannot start "${program}": ${error.message}`));
  void gone.then(() => stop(child, ended, 0));
  // The client sends no more, but may still read what the program answers.
  socket.once("end", () => void stop(child, ended, afterInputEndMs));
  await ended;
  killGroup(child, "SIGKILL");
  if (!socket.writableEnded) socket.end();
  // Nothing more can come: a client that does not close its side must not keep the connection.
  const timer = setTimeout(() => socket.destroy(), graceMs);
  await gone;
  clearTimeout(timer);
}

async function stop(child: ChildProcess, ended: Promise<void>, waitMs: number): Promise<void> {
  if (await within(ended, waitMs)) return;
  killGroup(child, "SIGTERM");
  if (await within(ended, graceMs)) return;
  killGroup(child, "SIGKILL");
}

/** Whether `done` settles within `ms`. */
function within(done: Promise<void>, ms: number): Promise<boolean> {
  if (ms === 0) return Promise.resolve(false);
  return new Promise((resolve) => {
    const timer = setTimeout(() => resolve(false), ms);
    void done.then(() => {
      clearTimeout(timer);
      resolve(true);
    });
  });
}

function exitOf(child: ChildProcess, onError: (error: Error) => void): Promise<void> {
  return new Promise((resolve) => {
    child.once("exit", () => resolve());
    child.once("error", (error) => {
      onError(error);
      resolve();
    });
  });
}

function once(socket: Socket, event: "close"): Promise<void> {
  return new Promise((resolve) => socket.once(event, () => resolve()));
}

/** Sends a signal to the program and all it has started. */
function killGroup({ pid }: ChildProcess, signal: NodeJS.Signals): void {
  if (pid !== undefined) sendSignal(-pid, signal);
}
