import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { readdirSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { createInterface } from "node:readline";

/** A server under measurement. */
export interface Measured {
  readonly name: string;
  readonly kubeconfig: string;
  /** From the start of its first process to its being ready. */
  readonly readyMs: number;
  readonly pids: readonly number[];
  /** Ends it; `dir` stays for `startDev` alone. */
  stop(): Promise<void>;
}

const scripts = join(import.meta.dirname, "../../tools/kube");

/** Starts `moorage dev`, without what the other side has not either. What it compiles is kept in `cache`. */
export async function startDev(launcher: string, dir: string, cache: string): Promise<Measured> {
  const args = [launcher, "dev", "--dir", dir, "--no-node", "--no-operator"];
  const env = { ...process.env, XDG_CACHE_HOME: cache };
  const startedMs = performance.now();
  const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"], env });
  const [line] = await once(createInterface({ input: child.stdout }), "line");
  const readyMs = performance.now() - startedMs;
  if (!String(line).startsWith("Dev cluster ready")) throw new Error(`"moorage dev" says: ${line}`);
  const pids = child.pid === undefined ? [] : [child.pid];
  return { name: "dev cluster", kubeconfig: join(dir, "kubeconfig"), readyMs, pids, stop: () => ended(child) };
}

async function ended(child: ChildProcess): Promise<void> {
  const exited = once(child, "exit");
  child.kill("SIGTERM");
  await exited;
}

/** Starts etcd (without fsync, in its favour), kube-apiserver and kube-controller-manager. */
export async function startReal(dir: string): Promise<Measured> {
  const port = await freePort();
  const startedMs = performance.now();
  execFileSync(join(scripts, "up.sh"), ["--dir", dir, "--port", String(port)]);
  const readyMs = performance.now() - startedMs;
  const pidFiles = readdirSync(join(dir, "pids"));
  const pids = pidFiles.map((name) => Number(readFileSync(join(dir, "pids", name), "utf8")));
  const stop = async () => void execFileSync(join(scripts, "down.sh"), [dir]);
  return { name: "kube-apiserver + etcd", kubeconfig: join(dir, "kubeconfig"), readyMs, pids, stop };
}

/** The first of four ports that nobody should be using, well below those that the system gives to clients. */
async function freePort(): Promise<number> {
  for (let port = 7_900; port < 8_000; port += 4) {
    const probe = createServer();
    const isFree = await new Promise<boolean>((resolve) => {
      probe.once("error", () => resolve(false)).listen(port, "127.0.0.1", () => resolve(true));
    });
    probe.close();
    if (isFree) return port;
  }
  throw new Error("No port from 7900 to 8000 is free for a real kube-apiserver");
}

/** Resident memory of all its processes. */
export function memoryMiB({ pids }: Measured): number {
  const kibs = pids.map((pid) => Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1] ?? 0));
  return kibs.reduce((sum, kib) => sum + kib, 0) / 1024;
}

/** Deletes a folder of a server that has been stopped. */
export function forget(dir: string): void {
  rmSync(dir, { recursive: true, force: true });
}
