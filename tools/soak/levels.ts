import { readdirSync, readFileSync } from "node:fs";

/** What a process holds at one moment. */
export interface Levels {
  readonly mebibytes: number;
  readonly descriptors: number;
  /** Child processes. */
  readonly children: number;
}

/** Reads the levels of a process from /proc, so it works on Linux only. */
export function levelsOf(pid: number): Levels {
  const resident = /VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1];
  return {
    mebibytes: Math.round(Number(resident) / 1024),
    descriptors: readdirSync(`/proc/${pid}/fd`).length,
    children: readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").match(/\d+/g)?.length ?? 0,
  };
}

/** The median of each level, which single peaks do not move. */
export function medianOf(samples: readonly Levels[]): Levels {
  const middle = (level: keyof Levels) =>
    samples.map((sample) => sample[level]).toSorted((a, b) => a - b)[Math.floor(samples.length / 2)] ?? 0;
  return { mebibytes: middle("mebibytes"), descriptors: middle("descriptors"), children: middle("children") };
}
