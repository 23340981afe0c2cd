import { type ChildProcess, spawn } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { freePort } from "@moorage/dev-cluster/testing";

/** Sessions without a request are stopped after this. */
export const idleSeconds = 5;
const maximumSessions = 24;
const startTimeoutMs = 60_000;

const program = (path: string) => fileURLToPath(new URL(`../../${path}`, import.meta.url));

export interface SoakedProxy {
  readonly proxy: ChildProcess;
  readonly pid: number;
  readonly url: string;
  /** What the proxy says of its own memory, in MiB. */
  memory(): Promise<Record<string, number>>;
}

/** The real program in a process of its own, in front of a stdio server; few sessions, so that they are turned over. */
export async function startProxy(): Promise<SoakedProxy> {
  const [port, probePort] = [await freePort(), await freePort()];
  const folder = await mkdtemp(join(tmpdir(), "moorage-soak-"));
  const file = join(folder, "run-config.json");
  const config = {
    name: "soak",
    listen: { port },
    probes: { port: probePort },
    upstream: { transport: "stdio", command: [process.execPath, program("bench/proxy/echo-server.ts")] },
    sessions: { idleTimeoutSeconds: idleSeconds, maximum: maximumSessions },
  };
  await writeFile(file, JSON.stringify(config));
  const args = [program("apps/proxy/src/main.ts"), "--config", file, "--log-level", "error"];
  const proxy = spawn(process.execPath, args, { stdio: ["ignore", "ignore", "inherit"] });
  // Whatever goes wrong here, the proxy does not stay behind.
  process.once("exit", () => proxy.kill("SIGKILL"));
  proxy.once("exit", () => void rm(folder, { recursive: true }));
  await ready(`http://127.0.0.1:${probePort}/readyz`);
  if (proxy.pid === undefined) throw new Error("The proxy has no process");
  const metrics = `http://127.0.0.1:${probePort}/metrics`;
  return { proxy, pid: proxy.pid, url: `http://127.0.0.1:${port}/mcp`, memory: () => memoryIn(metrics) };
}

async function memoryIn(metrics: string): Promise<Record<string, number>> {
  const text = await (await fetch(metrics)).text();
  const found = text.matchAll(/^nodejs_(\w+)_bytes\{[^}]*\} (\d+)/gm);
  return Object.fromEntries([...found].map(([, name, bytes]) => [name, Math.round(Number(bytes) / 1024 / 1024)]));
}

async function ready(url: string): Promise<void> {
  const deadline = performance.now() + startTimeoutMs;
  while (performance.now() < deadline) {
    const response = await fetch(url).catch(() => undefined);
    await response?.body?.cancel();
    if (response?.ok) return;
    await delay(50);
  }
  throw new Error(`The proxy is not ready after ${startTimeoutMs / 1000} s`);
}
