import type { Command } from "commander";
import { defaultDevFolder } from "../data-folder.ts";
import { installOperator } from "../install-operator.ts";
import { UsageError } from "../usage-error.ts";

interface DevFlags {
  dir?: string;
  port?: string;
  operator: boolean;
}

/** `moorage dev`. */
export function addDev(program: Command): void {
  program
    .command("dev")
    .description("run a Kubernetes cluster with the operator on this machine, without containers")
    .option("--dir <folder>", "where its state and its kubeconfig are (default: the user's data folder)")
    .option("--port <number>", "port of the API server (default: the one it had before, or a free one)")
    .option("--no-operator", "only the cluster")
    .action(dev);
}

async function dev(flags: DevFlags): Promise<void> {
  const started = performance.now();
  // Loaded here, because no other command needs it.
  const { startDevCluster } = await import("@moorage/dev-cluster");
  const dir = flags.dir ?? defaultDevFolder(process.env);
  const cluster = await startDevCluster({ dir, ...(flags.port !== undefined && { port: parsePort(flags.port) }) });
  const stopped = untilSignal();
  say(`Dev cluster ready in ${Math.round(performance.now() - started)} ms at ${cluster.url}`);
  if (flags.operator) {
    await installOperator(cluster.kubeconfigPath);
    say("Operator installed in namespace moorage-system");
  }
  say(
    `To use it with kubectl:\n  export KUBECONFIG="${cluster.kubeconfigPath}"\nCtrl-C stops it; its state stays in ${dir}`,
  );
  await stopped;
  say("Stopping …");
  await cluster.stop();
}

function parsePort(text: string): number {
  const port = Number(text);
  if (Number.isInteger(port) && port >= 0 && port <= 65535) return port;
  throw new UsageError(`--port must be a number from 0 to 65535, got "${text}"`);
}

function untilSignal(): Promise<void> {
  return new Promise((resolve) => {
    for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.once(signal, () => resolve());
  });
}

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}
