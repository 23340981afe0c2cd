import { parseArgs } from "node:util";
import type { ControllersOptions } from "@moorage/controllers";
import type { Address } from "@moorage/operator-runtime";
import packageJson from "../../../package.json" with { type: "json" };

/** What the operator is started with. */
export interface OperatorFlags extends ControllersOptions {
  kubeconfig?: string;
  namespace?: string;
  metrics: Address;
  probes: Address;
}

export const usage = `Usage: moorage operator [FLAG...]

Runs Moorage's controllers against a Kubernetes API server.

  --kubeconfig FILE               default: $KUBECONFIG, the pod's ServiceAccount, ~/.kube/config
  --namespace NAME                reconcile this namespace only (default: $WATCH_NAMESPACE, else all)
  --image IMAGE                   image of the proxy and the stdio bridge
  --runner-image IMAGE            image that runs npx:// and uvx:// packages
  --service-address dns|clusterIP how status.url names a Service (default: dns)
  --metrics-bind-address ADDRESS  default: :8080
  --health-probe-bind-address ADDRESS  default: :8081
`;

const options = {
  help: { type: "boolean", short: "h" },
  kubeconfig: { type: "string" },
  namespace: { type: "string" },
  image: { type: "string", default: `ghcr.io/moorage/moorage:${packageJson.version}` },
  "runner-image": { type: "string", default: `ghcr.io/moorage/runner:${packageJson.version}` },
  "service-address": { type: "string", default: "dns" },
  "metrics-bind-address": { type: "string", default: ":8080" },
  "health-probe-bind-address": { type: "string", default: ":8081" },
} as const;

/** @returns undefined when help was asked for. @throws Error that names the flag, its value and what it takes. */
export function parseFlags(args: string[], env: NodeJS.ProcessEnv): OperatorFlags | undefined {
  const { values } = parseArgs({ args, options });
  if (values.help) return undefined;
  const addressing = values["service-address"];
  if (addressing !== "dns" && addressing !== "clusterIP") {
    throw new Error(`--service-address must be dns or clusterIP, got "${addressing}"`);
  }
  const namespace = values.namespace ?? env["WATCH_NAMESPACE"];
  return {
    images: { moorage: values.image, runner: values["runner-image"] },
    addressing,
    ...(values.kubeconfig && { kubeconfig: values.kubeconfig }),
    ...(namespace && { namespace }),
    metrics: parseAddress("--metrics-bind-address", values["metrics-bind-address"]),
    probes: parseAddress("--health-probe-bind-address", values["health-probe-bind-address"]),
  };
}

/** `:8080` (every address) or `127.0.0.1:8080`. */
function parseAddress(flag: string, text: string): Address {
  const match = /^(?<host>.*):(?<port>\d{1,5})$/.exec(text);
  const port = Number(match?.groups?.["port"]);
  if (!match || port > 65535) throw new Error(`${flag} must be HOST:PORT or :PORT, got "${text}"`);
  const host = match.groups?.["host"];
  return { port, ...(host && { host }) };
}
