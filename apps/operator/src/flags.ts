import { parseArgs } from "node:util";
import type { ControllersOptions } from "@moorage/controllers";
import type { Address, LeaseOptions, WebhookOptions } from "@moorage/operator-runtime";
import packageJson from "../../../package.json" with { type: "json" };

/** What the operator is started with. */
export interface OperatorFlags extends ControllersOptions {
  kubeconfig?: string;
  /** Present: only these, never empty. */
  namespaces?: readonly string[];
  metrics: Address;
  probes: Address;
  /** Present: several replicas may run, of which one works. */
  leaderElection?: LeaseOptions;
  /** Present: admission webhooks are served and registered. */
  webhooks?: Omit<WebhookOptions, "webhooks">;
}

export const usage = `Usage: moorage operator [FLAG...]

Runs Moorage's controllers against a Kubernetes API server.

  --kubeconfig FILE               default: $KUBECONFIG, the pod's ServiceAccount, ~/.kube/config
  --namespace NAME[,NAME...]      reconcile these namespaces only (default: $WATCH_NAMESPACE, else all)
  --image IMAGE                   image of the proxy and the stdio bridge
  --runner-image IMAGE            image that runs npx:// and uvx:// packages
  --service-address dns|clusterIP how status.url names a Service (default: dns)
  --metrics-bind-address ADDRESS  default: :8080
  --health-probe-bind-address ADDRESS  default: :8081
  --leader-elect                  let several replicas run, of which one works
  --webhook-service NAME          serve admission webhooks, which the API server reaches through this Service
  --webhook-bind-address ADDRESS  default: :9443

The last three need $POD_NAMESPACE, and --leader-elect needs $POD_NAME: who this replica is.
`;

/** Names the Lease, the webhooks' Secret and their registrations. */
const name = "moorage-operator";

const options = {
  help: { type: "boolean", short: "h" },
  kubeconfig: { type: "string" },
  namespace: { type: "string" },
  image: { type: "string", default: `ghcr.io/moorage/moorage:${packageJson.version}` },
  "runner-image": { type: "string", default: `ghcr.io/moorage/runner:${packageJson.version}` },
  "service-address": { type: "string", default: "dns" },
  "metrics-bind-address": { type: "string", default: ":8080" },
  "health-probe-bind-address": { type: "string", default: ":8081" },
  "leader-elect": { type: "boolean", default: false },
  "webhook-service": { type: "string" },
  "webhook-bind-address": { type: "string", default: ":9443" },
} as const;

/** @returns undefined when help was asked for. @throws Error that names the flag, its value and what it takes. */
export function parseFlags(args: string[], env: NodeJS.ProcessEnv): OperatorFlags | undefined {
  const { values } = parseArgs({ args, options });
  if (values.help) return undefined;
  const addressing = values["service-address"];
  if (addressing !== "dns" && addressing !== "clusterIP") {
    throw new Error(`--service-address must be dns or clusterIP, got "${addressing}"`);
  }
  const namespaces = parseNamespaces(values.namespace ?? env["WATCH_NAMESPACE"] ?? "");
  return {
    images: { moorage: values.image, runner: values["runner-image"] },
    addressing,
    ...(values.kubeconfig && { kubeconfig: values.kubeconfig }),
    ...(namespaces.length > 0 && { namespaces }),
    metrics: parseAddress("--metrics-bind-address", values["metrics-bind-address"]),
    probes: parseAddress("--health-probe-bind-address", values["health-probe-bind-address"]),
    ...(values["leader-elect"] && { leaderElection: leaseOf(env) }),
    ...(values["webhook-service"] && {
      webhooks: {
        name,
        namespace: required(env, "POD_NAMESPACE", "--webhook-service"),
        target: {
          service: {
            name: values["webhook-service"],
            namespace: required(env, "POD_NAMESPACE", "--webhook-service"),
          },
        },
        address: parseAddress("--webhook-bind-address", values["webhook-bind-address"]),
      },
    }),
  };
}

function leaseOf(env: NodeJS.ProcessEnv): LeaseOptions {
  const namespace = required(env, "POD_NAMESPACE", "--leader-elect");
  // The time tells a restarted process from its predecessor in the same pod.
  return { namespace, name, identity: `${required(env, "POD_NAME", "--leader-elect")}_${Date.now()}` };
}

function required(env: NodeJS.ProcessEnv, variable: string, flag: string): string {
  const value = env[variable];
  if (!value) throw new Error(`${flag} needs the environment variable ${variable}, which is not set`);
  return value;
}

/** Empty means all, also between commas. */
function parseNamespaces(text: string): string[] {
  const namespaces = text.split(",").map((name) => name.trim());
  const wrong = namespaces.find((name) => name !== "" && !/^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/.test(name));
  if (wrong !== undefined) {
    throw new Error(`--namespace must be names of namespaces with commas between them, got "${wrong}" in "${text}"`);
  }
  return [...new Set(namespaces.filter((name) => name !== ""))];
}

/** `:8080` (every address) or `127.0.0.1:8080`. */
function parseAddress(flag: string, text: string): Address {
  const match = /^(?<host>.*):(?<port>\d{1,5})$/.exec(text);
  const port = Number(match?.groups?.["port"]);
  if (!match || port > 65535) throw new Error(`${flag} must be HOST:PORT or :PORT, got "${text}"`);
  const host = match.groups?.["host"];
  return { port, ...(host && { host }) };
}
