/**
 * The dev cluster next to kube-apiserver with etcd, one after the other on the same machine: start, requests by 8
 * clients over TLS, a list of 10,000 objects, 100 watchers, memory. The last line is JSON.
 *
 * Usage: node bench/dev-cluster/main.ts [SECONDS per load]
 */
import { execFileSync } from "node:child_process";
import { mkdtempSync } from "node:fs";
import { availableParallelism, loadavg, tmpdir } from "node:os";
import { join } from "node:path";
import { type Figures, measure } from "./measure.ts";
import { writeReport } from "./report.ts";
import { forget, startDev, startReal } from "./servers.ts";

const root = join(import.meta.dirname, "../..");
const seconds = Number(process.argv[2] ?? 4);

async function measureDev(): Promise<Figures> {
  execFileSync(process.execPath, [join(root, "tools/package/main.ts")]);
  const packaged = join(root, "dist/npm/moorage/bin/moorage.mjs");
  const starts = await measureStarts(packaged);
  const fromSources = await measureStarts(join(root, "apps/cli/bin/moorage.mjs"));
  const [dir, cache] = [temporaryFolder(), temporaryFolder()];
  const server = await startDev(packaged, dir, cache);
  try {
    const { startColdMs: sourcesColdMs, startWarmMs: sourcesWarmMs } = fromSources;
    return { ...starts, sourcesColdMs, sourcesWarmMs, ...(await measure(server, seconds)) };
  } finally {
    await server.stop();
    forget(dir);
    forget(cache);
  }
}

/** From nothing to ready: with nothing compiled yet, then in empty folders, then in a folder that it knows. */
async function measureStarts(launcher: string) {
  const cache = temporaryFolder();
  const startIn = async (dir: string): Promise<number> => {
    const server = await startDev(launcher, dir, cache);
    await server.stop();
    return server.readyMs;
  };
  const dirs = Array.from({ length: 4 }, temporaryFolder);
  const [startFirstMs = 0, ...cold] = await inTurn(dirs, startIn);
  const warm = await inTurn(dirs.slice(1), startIn);
  for (const dir of [...dirs, cache]) forget(dir);
  return { startFirstMs, startColdMs: medianOf(cold), startWarmMs: medianOf(warm) };
}

async function inTurn(dirs: readonly string[], measureOne: (dir: string) => Promise<number>): Promise<number[]> {
  const figures: number[] = [];
  for (const dir of dirs) figures.push(await measureOne(dir));
  return figures;
}

function temporaryFolder(): string {
  return mkdtempSync(join(tmpdir(), "bench-dev-"));
}

function medianOf(values: readonly number[]): number {
  return values.toSorted((left, right) => left - right)[Math.floor(values.length / 2)] ?? 0;
}

async function measureReal(): Promise<Figures> {
  const server = await startReal(mkdtempSync(join(tmpdir(), "bench-real-")));
  try {
    return { startColdMs: server.readyMs, ...(await measure(server, seconds)) };
  } finally {
    await server.stop();
  }
}

const machine = `${availableParallelism()} cores, load ${loadavg()[0]?.toFixed(1)} at the start`;
const real = await measureReal();
const dev = await measureDev();
await writeReport({ dev, real, machine });
