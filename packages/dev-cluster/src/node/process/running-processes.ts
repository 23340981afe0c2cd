import { execFileSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";

/** The environment variable that marks what the node has started. */
export const markVariable = "MOORAGE_CONTAINER";

const hasProc = existsSync("/proc/self/environ");

/**
 * When a process started, in a form that is only good for comparing: with the pid it names a process uniquely.
 * `undefined` when there is no such process.
 */
export function startTimeOf(pid: number): string | undefined {
  try {
    if (!hasProc) return execFileSync("ps", ["-o", "lstart=", "-p", String(pid)], { encoding: "utf8" }).trim();
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    // Field 22; the second field, the program's name, may hold spaces and parentheses.
    return stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19];
  } catch {
    // Neither source has an entry for a process that is gone.
    return undefined;
  }
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
  try {
    const environment = readFileSync(`/proc/${pid}/environ`, "latin1");
    const start = `\0${environment}`.indexOf(`\0${markVariable}=`);
    if (start === -1) return undefined;
    return environment.slice(start + markVariable.length + 1).split("\0", 1)[0];
  } catch {
    // Gone since the folder was listed, or another user's.
    return undefined;
  }
}
