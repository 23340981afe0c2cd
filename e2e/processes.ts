import { readdirSync, readFileSync } from "node:fs";

/** A running process, as /proc shows it. */
export interface Process {
  pid: number;
  command: string;
}

/** Every process whose command line or environment holds `text`. Linux only. */
export function processesWith(text: string): Process[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
    .flatMap((pid) => {
      const command = readProc(pid, "cmdline");
      const found = command.includes(text) || readProc(pid, "environ").includes(text);
      return found ? [{ pid: Number(pid), command: command.replaceAll("\0", " ").trim() }] : [];
    });
}

function readProc(pid: string, file: string): string {
  try {
    return readFileSync(`/proc/${pid}/${file}`, "utf8");
  } catch {
    // It has ended since the folder was read, or is not ours to see.
    return "";
  }
}
