import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";

/** A running `moorage dev`. */
export interface Dev {
  kubeconfig: string;
  pid: number;
  /** Resolves when it has ended, by `stop()` or by Ctrl-C. */
  exited: Promise<unknown>;
  stop(): Promise<void>;
}

/** `moorage` as it is in this repository. */
const repositoryLauncher = join(import.meta.dirname, "../../apps/cli/bin/moorage.mjs");

/** Starts `moorage dev`, shows what it prints and waits until the operator is ready, or it says why not. */
export async function startDev(dir: string, launcher = repositoryLauncher): Promise<Dev> {
  const child = spawn(process.execPath, [launcher, "dev", "--dir", dir], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const exited = once(child, "exit");
  // Ctrl-C reaches the whole process group: `moorage dev` stops by itself, and we go on to clean up after it.
  process.on("SIGINT", () => undefined);
  await printUntilReady(child, exited);
  return {
    kubeconfig: join(dir, "kubeconfig"),
    pid: child.pid ?? 0,
    exited,
    async stop() {
      if (child.exitCode === null && child.signalCode === null) child.kill("SIGTERM");
      await exited;
    },
  };
}

async function printUntilReady(child: ChildProcess, exited: Promise<unknown>): Promise<void> {
  if (!child.stdout) throw new Error("Cannot read the output of `moorage dev`");
  const lines = createInterface({ input: child.stdout });
  const ready = new Promise<void>((resolve) => {
    lines.on("line", (line) => {
      console.log(`    ${line}`);
      // Its last words before it waits to be stopped.
      if (line.startsWith("To use it with kubectl")) resolve();
    });
  });
  const died = exited.then(() => {
    throw new Error("Cannot start the dev cluster: `moorage dev` has ended; its output is above");
  });
  await Promise.race([ready, died]);
}
