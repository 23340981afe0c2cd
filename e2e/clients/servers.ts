import { type ChildProcess, type ExecFileException, execFile } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";
import { type DevClusterOptions, startDevCluster } from "@moorage/dev-cluster";
import { startRealCluster } from "../../packages/conformance/src/testing/real-cluster.ts";

/** An API server with its controllers that a test runs clients against. */
export interface Server {
  readonly kubeconfig: string;
  stop(): Promise<void>;
}

/** The servers that every client is tried on. Starting the real one needs `kube-apiserver`. */
export const servers = [
  { name: "dev cluster", needs: [], start: () => startDev({ node: false }) },
  { name: "kube-apiserver", needs: ["etcd", "kube-apiserver", "kube-controller-manager", "kubectl"], start: startReal },
] as const;

/** A dev cluster in a folder of its own, which goes with it. */
export async function startDev(options: Omit<DevClusterOptions, "dir">): Promise<Server> {
  const dir = await mkdtemp(join(tmpdir(), "clients-"));
  const cluster = await startDevCluster({ dir, port: 0, ...options });
  return {
    kubeconfig: cluster.kubeconfigPath,
    async stop() {
      await cluster.stop();
      await rm(dir, { recursive: true, force: true });
    },
  };
}

async function startReal(): Promise<Server> {
  const { kubeconfig, stop } = await startRealCluster();
  return { kubeconfig, stop: async () => stop() };
}

/** The path of a program that tools/kube/build.sh builds. */
export function binary(name: string): string {
  return join(process.env["KUBE_HOME"] ?? join(homedir(), ".cache/kube"), "bin", name);
}

/** Whether all these programs are there; says loudly what is not tested where one is not. */
export function hasBinaries(names: readonly string[], tested: string): boolean {
  const missing = names.filter((name) => !existsSync(binary(name)));
  if (missing.length === 0) return true;
  console.error(`######## NOT TESTED: ${tested} (tools/kube/build.sh builds ${missing.join(", ")}) ########`);
  return false;
}

/** How a program ended. */
export interface Outcome {
  readonly code: number;
  readonly stdout: string;
  /** Both outputs, for messages and for what is printed on either. */
  readonly text: string;
}

const maxOutputBytes = 64 * 1024 * 1024;

/** Runs a program to its end, which may be a failure. */
export function run(file: string, args: readonly string[], env: Record<string, string> = {}): Promise<Outcome> {
  const options = { env: { ...process.env, ...env }, maxBuffer: maxOutputBytes };
  return new Promise((resolve) => {
    execFile(file, args, options, (error: ExecFileException | null, stdout, stderr) => {
      const code = typeof error?.code === "number" ? error.code : error ? 1 : 0;
      resolve({ code, stdout, text: `${stdout}${stderr}` });
    });
  });
}

/** Ends a process unless it has ended by itself, and waits until it is gone. */
export async function end(child: ChildProcess, signal: "SIGTERM" | "SIGKILL" = "SIGTERM"): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, "exit");
  child.kill(signal);
  await exited;
}
