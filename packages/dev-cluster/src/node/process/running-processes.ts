import { spawnSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";

/** The environment variable that marks what the node has started. */
export const markVariable = "MOORAGE_CONTAINER";

const hasProc = existsSync("/proc/self/environ");

/**
 * When a process started, in a form that is only good for comparing: with the pid it names a process uniquely.
 * `undefined` when there is no such process.
 */
export function startTimeOf(pid: number): string | undefined {
  if (!hasProc)
    return spawnSync("ps", ["-o", "lstart=", "-p", String(pid)], { encoding: "utf8" }).stdout.trim() || undefined;
  const stat = readOfProcess(pid, "stat");
  // Field 22; the second field, the program's name, may hold spaces and parentheses.
  return stat?.slice(stat.lastIndexOf(")") + 2).split(" ")[19];
}

/**
 * The processes whose mark satisfies `isWanted`. *Caveats*: Linux only, elsewhere none are found; a process that
 * has replaced its environment is not found either.
 */
export function findMarked(isWanted: (mark: string) => boolean): number[] {
  if (!hasProc) return [];
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => {
      const mark = markOf(pid);
      return pid !== process.pid && mark !== undefined && isWanted(mark);
    });
}

function markOf(pid: number): string | undefined {
  const environment = `\0${readOfProcess(pid, "environ") ?? ""}`;
  const start = environment.indexOf(`\0${markVariable}=`);
  if (start === -1) return undefined;
  return environment.slice(start + markVariable.length + 2).split("\0", 1)[0];
}

function readOfProcess(pid: number, file: "stat" | "environ"): string | undefined {
  try {
    return readFileSync(`/proc/${pid}/${file}`, "latin1");
  } catch {
    // It has ended since it was listed, or it is another user's.
    return undefined;
  }
}
