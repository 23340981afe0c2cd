import { homedir } from "node:os";
import { delimiter, join } from "node:path";
import type { ClusterConfig } from "./cluster-config.ts";
import { inClusterConfig } from "./in-cluster.ts";
import { loadKubeconfig } from "./kubeconfig.ts";

export interface DefaultConfigOptions {
  /** The program's environment. */
  env: Readonly<Record<string, string | undefined>>;
  /** An explicit kubeconfig file; wins over everything else. */
  kubeconfig?: string | undefined;
  context?: string | undefined;
}

/**
 * Where kubectl and operators look: an explicit file, `KUBECONFIG` (a list, merged), the pod's ServiceAccount,
 * `~/.kube/config`: the first that there is.
 */
export async function defaultConfig(options: DefaultConfigOptions): Promise<ClusterConfig> {
  const { env, context } = options;
  if (options.kubeconfig) return loadKubeconfig({ paths: [options.kubeconfig], context });
  const listed = (env["KUBECONFIG"] ?? "").split(delimiter).filter((path) => path !== "");
  if (listed.length > 0) return loadKubeconfig({ paths: listed, context });
  return (await inClusterConfig(env)) ?? loadKubeconfig({ paths: [join(homedir(), ".kube", "config")], context });
}
