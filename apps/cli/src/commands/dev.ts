import { existsSync, statSync } from "node:fs";
import type { DevClusterOptions } from "@moorage/dev-cluster";
import type { Command } from "commander";
import { defaultDevFolder, packageCacheFolder } from "../folders.ts";
import { installOperator } from "../install-operator.ts";
import { programOf } from "../installation.ts";
import { operatorAnswers } from "../operator-answers.ts";
import { UsageError } from "../usage-error.ts";

/** It takes about two seconds, and longer on a busy machine. */
const operatorWithinMs = 60_000;

interface DevFlags {
  dir?: string;
  port?: string;
  operator: boolean;
  node: boolean;
}

/** `moorage dev`. */
export function addDev(program: Command): void {
  program
    .command("dev")
    .description("run a Kubernetes cluster with the operator on this machine, without containers")
    .option("--dir <folder>", "where its state and its kubeconfig are (default: the user's data folder)")
    .option("--port <number>", "port of the API server (default: the one it had before, or a free one)")
    .option("--no-operator", "only the cluster")
    .option("--no-node", "no node: another agent, such as kwok, plays it")
    .action(dev);
}

async function dev(flags: DevFlags): Promise<void> {
  const stopped = untilSignal();
  const started = performance.now();
  // Loaded here, because no other command needs it.
  const { startDevCluster } = await import("@moorage/dev-cluster");
  const dir = flags.dir ?? defaultDevFolder(process.env);
  if (existsSync(dir) && !statSync(dir).isDirectory()) {
    throw new UsageError(`Cannot keep the cluster's state in "${dir}": it is a file; give another folder with --dir`);
  }
  const cluster = await startDevCluster({
    dir,
    ...(flags.port !== undefined && { port: parsePort(flags.port) }),
    node: flags.node && nodeOptions(process.env),
    logError: (message, error) => process.stderr.write(`${message}: ${error instanceof Error ? error.stack : error}\n`),
  });
  say(`Dev cluster ready in ${Math.round(performance.now() - started)} ms at ${cluster.url}`);
  if (flags.operator) {
    await installOperator(cluster.kubeconfigPath);
    say("Operator installed in namespace moorage-system");
    if (flags.node) await operatorStarted(cluster.kubeconfigPath, stopped);
  }
  say(
    `To use it with kubectl:\n  export KUBECONFIG="${cluster.kubeconfigPath}"\nCtrl-C stops it; its state stays in ${dir}`,
  );
  await stopped;
  say("Stopping …");
  await cluster.stop();
}

/** Waits until the operator can be used, or the user stops: whoever is told too early is refused. */
async function operatorStarted(kubeconfig: string, stopped: Promise<void>): Promise<void> {
  const stop = new AbortController();
  void stopped.then(() => stop.abort());
  try {
    await operatorAnswers(kubeconfig, operatorWithinMs, stop.signal);
    say("Operator ready");
  } catch (error) {
    // The cluster can be used all the same, to find out why.
    if (!stop.signal.aborted) say(error instanceof Error ? error.message : String(error));
  }
}

/** How the node runs the images that the operator puts into pods: as programs of this installation. */
function nodeOptions(env: NodeJS.ProcessEnv): DevClusterOptions["node"] {
  return {
    cacheDir: packageCacheFolder(env),
    environment: env,
    images: {
      "ghcr.io/moorage/moorage": { programs: { operator: programOf("operator"), proxy: programOf("proxy") } },
      "ghcr.io/moorage/runner": { runner: true },
    },
  };
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
