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
  const dir = mkdtempSync(join(tmpdir(), "bench-dev-"));
  const cold = await startDev(dir);
  await cold.stop();
  const warm = await startDev(dir);
  try {
    return { startColdMs: cold.readyMs, startWarmMs: warm.readyMs, ...(await measure(warm, seconds)) };
  } finally {
    await warm.stop();
    forget(dir);
  }
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
