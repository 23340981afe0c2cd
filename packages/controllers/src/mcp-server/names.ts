/**
 * Names, labels and ports that the builders, the readiness checks and a reader of `kubectl get` share.
 * Child objects are named after the server (the documents' samples show it); only secondary ones get a suffix.
 */
import { servesLabel } from "../pods/labels.ts";

/** The container that runs the MCP server; `podTemplateSpec` refers to it by this name. */
export const serverContainer = "mcp";
export const proxyContainer = "proxy";

/** The proxy's ports inside its pod. The Service maps `spec.port` to the first. */
export const proxyPort = 8080;
export const proxyProbePort = 8081;

export const headlessServiceName = (name: string): string => `${name}-headless`;
export const runConfigMapName = (name: string): string => `${name}-runconfig`;
export const configMapName = (name: string): string => `${name}-config`;
/** The proxy's ServiceAccount, and the Secret that only its pods mount. */
export const proxyName = (name: string): string => `${name}-proxy`;
export const serverPolicyName = (name: string): string => `${name}-server`;

/** Who connects to a pod: clients of the MCPServer, or its proxy. */
export type Serves = "clients" | "proxy";

/** What Services, Deployments and StatefulSets select by. Immutable on a workload, so it says only what never changes. */
export function selectorLabels(name: string, serves: Serves): Record<string, string> {
  return { "app.kubernetes.io/instance": name, [servesLabel]: serves };
}

/** The labels of every child, so that `kubectl get all -l app.kubernetes.io/instance=NAME` shows one server. */
export function childLabels(name: string): Record<string, string> {
  return {
    "app.kubernetes.io/name": "mcp-server",
    "app.kubernetes.io/instance": name,
    "app.kubernetes.io/managed-by": "moorage",
  };
}
