import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { ClusterConfig } from "./cluster-config.ts";
import { optional } from "./optional.ts";

const mounted = "/var/run/secrets/kubernetes.io/serviceaccount";

/**
 * The configuration of a pod's ServiceAccount. Token and CA are read again when the kubelet rotates them.
 *
 * @param env `KUBERNETES_SERVICE_HOST` and `KUBERNETES_SERVICE_PORT`, as the kubelet sets them.
 * @returns undefined outside a pod.
 */
export async function inClusterConfig(
  env: Readonly<Record<string, string | undefined>>,
  folder: string = mounted,
): Promise<ClusterConfig | undefined> {
  const host = env["KUBERNETES_SERVICE_HOST"];
  const port = env["KUBERNETES_SERVICE_PORT"];
  if (!host || !port) return undefined;
  const namespace = await optional(readFile(join(folder, "namespace"), "utf8"), "ENOENT");
  return {
    server: `https://${host.includes(":") ? `[${host}]` : host}:${port}`,
    namespace: namespace?.trim() || "default",
    ca: { file: join(folder, "ca.crt") },
    token: { file: join(folder, "token") },
  };
}
