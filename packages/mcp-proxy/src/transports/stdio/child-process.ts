import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { setTimeout as delay } from "node:timers/promises";
import type { Ending } from "../../connection.ts";
import type { CommandUpstream } from "../../run-config/upstream-schema.ts";
import type { Channel } from "./channel.ts";
import { TextTail } from "./text-tail.ts";

/** How long a server may take to leave after its input was closed, and again after SIGTERM. */
const patienceMs = 2000;

export interface ChildOptions {
  /** What the process gets besides `upstream.env`. */
  readonly environment: Readonly<Record<string, string>>;
  /** Told every piece of text that the server writes to its standard error. */
  readonly onStderr: (text: string) => void;
}

/**
 * Starts a stdio server as a child of this process. It leads a process group of its own, so that what it starts
 * (npx starts npm, a shell and node) ends with it. `close` follows the specification: close the input, wait, SIGTERM,
 * wait, SIGKILL. https://modelcontextprotocol.io/specification/2025-11-25/basic/lifecycle#stdio
 */
export function startChild(upstream: CommandUpstream, options: ChildOptions): Channel {
  const [program = "", ...args] = upstream.command;
  const child = spawn(program, args, {
    cwd: upstream.cwd,
    env: { ...options.environment, ...upstream.env },
    stdio: ["pipe", "pipe", "pipe"],
    detached: true,
  });
  const stderr = new TextTail();
  child.stderr.setEncoding("utf8");
  child.stderr.on("data", (text: string) => {
    stderr.push(text);
    options.onStderr(text);
  });
  // The write error of a dead process says less than its exit code, which follows.
  child.stdin.on("error", () => {});
  const ended = endingOf(child, upstream, stderr);
  return {
    address: `pid ${child.pid ?? "none"}`,
    input: child.stdin,
    output: child.stdout,
    ended,
    close: () => stop(child, ended),
  };
}

async function stop(child: ChildProcessWithoutNullStreams, ended: Promise<Ending>): Promise<void> {
  if (child.pid === undefined) return;
  child.stdin.end();
  const exited = exitOf(child);
  if (!(await within(patienceMs, exited))) {
    signalGroup(child.pid, "SIGTERM");
    if (!(await within(patienceMs, exited))) signalGroup(child.pid, "SIGKILL");
  }
  await exited;
  // What the server started may outlive it; a pipe that such a process holds would keep `ended` waiting.
  signalGroup(child.pid, "SIGKILL");
  child.stdout.destroy();
  child.stderr.destroy();
  await ended;
}

function exitOf(child: ChildProcessWithoutNullStreams): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve();
  return new Promise((resolve) => child.once("exit", () => resolve()));
}

async function within(ms: number, done: Promise<void>): Promise<boolean> {
  const timer = new AbortController();
  const late = delay(ms, false, { signal: timer.signal }).catch(() => false);
  const result = await Promise.race([done.then(() => true), late]);
  timer.abort();
  return result;
}

function signalGroup(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-pid, signal);
  } catch (error) {
    if (!isNoSuchProcess(error)) throw error;
  }
}

function isNoSuchProcess(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "ESRCH";
}

function endingOf(child: ChildProcessWithoutNullStreams, upstream: CommandUpstream, stderr: TextTail): Promise<Ending> {
  const program = JSON.stringify(upstream.command[0]);
  return new Promise((resolve) => {
    child.once("error", (error) => {
      const hint = upstream.cwd ? ` (working directory ${JSON.stringify(upstream.cwd)})` : "";
      resolve({
        reason: "CommandNotFound",
        message: `Cannot start ${program}${hint}: ${error.message}: is the program installed and on the PATH?`,
        unused: true,
      });
    });
    // "close", not "exit": what the server wrote last must have arrived.
    child.once("close", (code, signal) => {
      const how = signal ? `was ended by ${signal}` : `exited with code ${code}`;
      const said = stderr.lastLines(5);
      resolve({ reason: "ServerExited", message: `The server ${how}${said ? `. Its last words: ${said}` : ""}` });
    });
  });
}
