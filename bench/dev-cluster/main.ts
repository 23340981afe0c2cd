/**
 * The dev cluster next to kube-apiserver with etcd, one after the other on the same machine: start, requests by 8
 * clients over TLS, a list of 10,000 objects, 100 watchers, memory. The last line is JSON.
 *
 * Usage: node bench/dev-cluster/main.ts [SECONDS per load]
 */
import { mkdtempSync } from "node:fs";
import { availableParallelism, loadavg, tmpdir } from "node:os";
import { join } from "node:path";
import { type Figures, measure } from "./measure.ts";
import { writeReport } from "./report.ts";
import { forget, startDev, startReal } from "./servers.ts";

const seconds = Number(process.argv[2] ?? 4);

async function measureDev(): Promise<Figures> {
  const compiled = mkdtempSync(join(tmpdir(), "bench-compiled-"));
  const startOnce = async (): Promise<number> => {
    const dir = mkdtempSync(join(tmpdir(), "bench-dev-"));
    const server = await startDev(dir, compiled);
    await server.stop();
    forget(dir);
    return server.readyMs;
  };
  const startFirstMs = await startOnce();
  const startColdMs = medianOf([await startOnce(), await startOnce(), await startOnce()]);
  const dir = mkdtempSync(join(tmpdir(), "bench-dev-"));
  await (await startDev(dir, compiled)).stop();
  const warm = await startDev(dir, compiled);
  try {
    return { startFirstMs, startColdMs, startWarmMs: warm.readyMs, ...(await measure(warm, seconds)) };
  } finally {
    await warm.stop();
    forget(dir);
    forget(compiled);
  }
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
writeReport({ dev, real, machine });
