import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync } from "node:fs";
import { createServer } from "node:net";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";

const scripts = join(import.meta.dirname, "../../../../tools/kube");

const programs = ["etcd", "kube-apiserver", "kube-controller-manager", "kubectl"];

/** Whether a control plane, and kubectl, are built on this machine. */
export function hasRealCluster(): boolean {
  return programs.every((name) => existsSync(join(homedir(), ".cache/kube/bin", name)));
}

/** Starts etcd, kube-apiserver, with these flags besides its own, and kube-controller-manager. */
export async function startRealCluster(
  apiServerFlags: readonly string[] = [],
): Promise<{ kubeconfig: string; stop(): void }> {
  const dir = mkdtempSync(join(tmpdir(), "kube-"));
  const stop = () => void execFileSync(join(scripts, "down.sh"), [dir]);
  try {
    const port = String(await freePorts());
    const output = execFileSync(join(scripts, "up.sh"), ["--dir", dir, "--port", port], {
      encoding: "utf8",
      // biome-ignore lint/style/noProcessEnv: the script needs what this process has, and the flags.
      env: { ...process.env, KUBE_APISERVER_FLAGS: apiServerFlags.join(" ") },
    });
    return { kubeconfig: output.trim(), stop };
  } catch (error) {
    // What has started by then must not stay.
    stop();
    throw error;
  }
}

/** Below the ports that the system gives to clients, which come and go. */
const firstPort = 20_000;
const portsNeeded = 4;
const blocks = 2000;

/** The first of four free ports in a row. */
async function freePorts(): Promise<number> {
  for (let attempt = 0; attempt < 20; attempt++) {
    const first = firstPort + portsNeeded * Math.floor(Math.random() * blocks);
    const free = await Promise.all(Array.from({ length: portsNeeded }, (_, index) => isFree(first + index)));
    if (free.every(Boolean)) return first;
  }
  throw new Error("Cannot find four free ports in a row for a real cluster");
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = createServer().on("error", () => resolve(false));
    probe.listen(port, "127.0.0.1", () => probe.close(() => resolve(true)));
  });
}
