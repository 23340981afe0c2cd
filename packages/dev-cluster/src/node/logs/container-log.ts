import {
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from "node:fs";
import { dirname } from "node:path";

/** One line of a container's output. */
export interface LogLine {
  /** RFC 3339 with nanoseconds. */
  time: string;
  stream: "stdout" | "stderr";
  /** Without the line feed. */
  text: string;
}

/** Someone who reads a log while it is written. */
export interface LogFollower {
  line(line: LogLine): void;
  /** No line comes any more. */
  ended(): void;
}

export interface LogLimits {
  /** A file that has reached this size is put aside. Default 10 MiB, as kubelet. */
  maxFileBytes?: number;
  /** A longer line is cut into several. Default 16 KiB, as containerd. */
  maxLineBytes?: number;
}

const lineFeed = 10;

/**
 * The output of one run of a container, one line of text per line: `TIME STREAM TEXT`.
 *
 * *Guarantees*: takes at most twice `maxFileBytes` on disk, however much is written: the file and one before it.
 * A line is visible to readers and followers as soon as it is complete.
 */
export class ContainerLog {
  readonly path: string;
  readonly #maxFileBytes: number;
  readonly #maxLineBytes: number;
  readonly #followers = new Set<LogFollower>();
  readonly #partial = { stdout: Buffer.alloc(0), stderr: Buffer.alloc(0) };
  #closed = false;
  #descriptor: number;
  #bytes: number;

  constructor(path: string, { maxFileBytes = 10 * 2 ** 20, maxLineBytes = 16 * 2 ** 10 }: LogLimits = {}) {
    this.path = path;
    this.#maxFileBytes = maxFileBytes;
    this.#maxLineBytes = maxLineBytes;
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    this.#descriptor = openSync(path, "a", 0o600);
    this.#bytes = statSync(path).size;
  }

  /** Whether the last line has come. */
  get closed(): boolean {
    return this.#closed;
  }

  /** Output that comes after `close` is dropped. */
  write(stream: LogLine["stream"], chunk: Buffer): void {
    if (this.#closed) return;
    const lines: LogLine[] = [];
    const time = nowWithNanoseconds();
    let rest = Buffer.concat([this.#partial[stream], chunk]);
    for (;;) {
      const end = rest.indexOf(lineFeed);
      const isLong = (end === -1 ? rest.length : end) > this.#maxLineBytes;
      if (end === -1 && !isLong) break;
      const taken = isLong ? this.#maxLineBytes : end;
      lines.push({ time, stream, text: rest.toString("utf8", 0, taken) });
      rest = rest.subarray(isLong ? taken : taken + 1);
    }
    // A copy, so that a few bytes do not keep the whole chunk alive.
    this.#partial[stream] = Buffer.from(rest);
    if (lines.length > 0) this.#append(lines);
  }

  /** Writes what came without a final line feed, ends every follower's stream, and closes the file. */
  close(): void {
    for (const stream of ["stdout", "stderr"] as const) {
      if (this.#partial[stream].length > 0) this.write(stream, Buffer.from("\n"));
    }
    this.#closed = true;
    closeSync(this.#descriptor);
    for (const { ended } of this.#followers) ended();
    this.#followers.clear();
  }

  /** Tells `follower` of each line from now on, until the returned function is called or the log is closed. */
  follow(follower: LogFollower): () => void {
    this.#followers.add(follower);
    return () => this.#followers.delete(follower);
  }

  #append(lines: readonly LogLine[]): void {
    const data = Buffer.from(lines.map(({ time, stream, text }) => `${time} ${stream} ${text}\n`).join(""));
    if (this.#bytes > 0 && this.#bytes + data.length > this.#maxFileBytes) this.#rotate();
    writeSync(this.#descriptor, data);
    this.#bytes += data.length;
    for (const { line } of this.#followers) lines.forEach(line);
  }

  #rotate(): void {
    closeSync(this.#descriptor);
    renameSync(this.path, rotatedPath(this.path));
    this.#descriptor = openSync(this.path, "a", 0o600);
    this.#bytes = 0;
  }
}

/** The lines of a log that are still on disk, oldest first. None when there is no such log. */
export function readLog(path: string): LogLine[] {
  return [rotatedPath(path), path]
    .filter((file) => existsSync(file))
    .flatMap((file) => readFileSync(file, "utf8").split("\n"))
    .flatMap(parseLine);
}

export function deleteLog(path: string): void {
  for (const file of [path, rotatedPath(path)]) rmSync(file, { force: true });
}

function rotatedPath(path: string): string {
  return `${path}.1`;
}

function parseLine(line: string): LogLine[] {
  const match = /^(\S+) (stdout|stderr) (.*)$/s.exec(line);
  if (!match) return [];
  const [, time = "", stream, text = ""] = match;
  return [{ time, stream: stream === "stderr" ? "stderr" : "stdout", text }];
}

let lastNanoseconds = 0n;

/** The time with a fraction that never repeats, so that sorting by time keeps the order of lines. */
function nowWithNanoseconds(): string {
  const nanoseconds = BigInt(Date.now()) * 1_000_000n;
  lastNanoseconds = nanoseconds > lastNanoseconds ? nanoseconds : lastNanoseconds + 1n;
  const seconds = new Date(Number(lastNanoseconds / 1_000_000_000n) * 1000).toISOString().slice(0, 19);
  return `${seconds}.${String(lastNanoseconds % 1_000_000_000n).padStart(9, "0")}Z`;
}
