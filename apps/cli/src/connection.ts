import { existsSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { Client, defaultConfig } from "@moorage/kube-client";
import type { Command } from "commander";
import { defaultDevFolder } from "./folders.ts";
import { UsageError } from "./usage-error.ts";

/** Flags that every command which talks to a cluster has. */
export interface ClusterFlags {
  kubeconfig?: string;
  context?: string;
  namespace?: string;
}

export function addClusterFlags(command: Command): Command {
  return command
    .option(
      "--kubeconfig <file>",
      "which kubeconfig to use (default: $KUBECONFIG, then that of `moorage dev`, then ~/.kube/config)",
    )
    .option("--context <name>", "which context of the kubeconfig to use")
    .option("-n, --namespace <name>", "namespace (default: the context's)");
}

/** A cluster to talk to, and the namespace that commands without one mean. */
export interface Connection {
  client: Client;
  namespace: string;
}

/** Connects as kubectl would, but prefers the dev cluster to `~/.kube/config`. */
export async function connect(flags: ClusterFlags, env: NodeJS.ProcessEnv = process.env): Promise<Connection> {
  const dev = join(defaultDevFolder(env), "kubeconfig");
  const file = flags.kubeconfig ?? (!env["KUBECONFIG"] && existsSync(dev) ? dev : undefined);
  if (!file && !env["KUBECONFIG"] && !env["KUBERNETES_SERVICE_HOST"] && !existsSync(join(homedir(), ".kube/config"))) {
    throw new UsageError("There is no cluster to talk to: start one with `moorage dev`, or give --kubeconfig FILE");
  }
  const cluster = await defaultConfig({ env, kubeconfig: file, context: flags.context });
  return {
    client: new Client({ cluster, fieldManager: "moorage-cli", userAgent: "moorage-cli" }),
    namespace: flags.namespace ?? cluster.namespace ?? "default",
  };
}
