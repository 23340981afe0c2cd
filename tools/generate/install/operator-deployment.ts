import packageJson from "../../../package.json" with { type: "json" };
import { name } from "./roles.ts";

export const labels = { "app.kubernetes.io/name": name, "app.kubernetes.io/managed-by": "moorage" };
export const selector = { "app.kubernetes.io/name": name };

const images = {
  moorage: `ghcr.io/moorage/moorage:${packageJson.version}`,
  runner: `ghcr.io/moorage/runner:${packageJson.version}`,
};

/** An environment variable that holds a field of the operator's pod. */
export function fieldOf(variable: string, fieldPath: string) {
  return { name: variable, valueFrom: { fieldRef: { fieldPath } } };
}

export interface OperatorOptions {
  /** Besides the images and the leader election. */
  args: readonly string[];
  env: readonly unknown[];
  ports: readonly { name: string; containerPort: number }[];
}

function containerOf({ args, env, ports }: OperatorOptions) {
  return {
    name: "operator",
    image: images.moorage,
    args: ["operator", `--image=${images.moorage}`, `--runner-image=${images.runner}`, "--leader-elect", ...args],
    env: [
      fieldOf("POD_NAME", "metadata.name"),
      fieldOf("POD_NAMESPACE", "metadata.namespace"),
      // A third less memory, together with what the operator sets itself: see apps/operator/src/keep-heap-small.ts.
      { name: "NODE_OPTIONS", value: "--max-semi-space-size=4" },
      { name: "MALLOC_ARENA_MAX", value: "1" },
      ...env,
    ],
    ports: [{ name: "metrics", containerPort: 8080 }, { name: "probes", containerPort: 8081 }, ...ports],
    livenessProbe: { httpGet: { path: "/healthz", port: "probes" } },
    readinessProbe: { httpGet: { path: "/readyz", port: "probes" }, periodSeconds: 5 },
    resources: { requests: { cpu: "50m", memory: "128Mi" }, limits: { memory: "512Mi" } },
    securityContext: {
      allowPrivilegeEscalation: false,
      capabilities: { drop: ["ALL"] },
      readOnlyRootFilesystem: true,
    },
  };
}

/** The operator's Deployment: two replicas, of which one works. */
export function operatorDeployment(metadata: object, options: OperatorOptions) {
  return {
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata,
    spec: {
      replicas: 2,
      selector: { matchLabels: selector },
      template: {
        metadata: { labels },
        spec: {
          serviceAccountName: name,
          securityContext: { runAsNonRoot: true, seccompProfile: { type: "RuntimeDefault" } },
          containers: [containerOf(options)],
        },
      },
    },
  };
}
