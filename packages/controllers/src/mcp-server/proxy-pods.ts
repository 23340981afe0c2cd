import type { Container, PodTemplateSpec } from "@moorage/kube-types/core-v1";
import type { Images } from "../pods/images.ts";
import type { Model } from "./model.ts";
import { childLabels, proxyContainer, proxyPort, proxyProbePort, runConfigMapName, selectorLabels } from "./names.ts";
import { runConfigKey } from "./run-config.ts";
import { restrictedContainer, restrictedPod } from "./security.ts";

const runConfigFolder = "/etc/moorage/runconfig";

/** The pods that run the proxy. They hold no Kubernetes credentials: the proxy needs none. */
export function proxyPodTemplate({ name }: Model, images: Images): PodTemplateSpec {
  return {
    metadata: { labels: { ...childLabels(name), ...selectorLabels(name, "clients") } },
    spec: {
      containers: [proxyContainerOf(images)],
      volumes: [{ name: "runconfig", configMap: { name: runConfigMapName(name) } }],
      automountServiceAccountToken: false,
      securityContext: restrictedPod,
      // Longer than the proxy takes to drain, so that no call is cut off.
      terminationGracePeriodSeconds: 30,
    },
  };
}

function proxyContainerOf(images: Images): Container {
  const probe = { periodSeconds: 5, timeoutSeconds: 3 };
  return {
    name: proxyContainer,
    image: images.moorage,
    args: ["proxy", "--config", `${runConfigFolder}/${runConfigKey}`, "--host", "0.0.0.0"],
    ports: [
      { name: "mcp", containerPort: proxyPort, protocol: "TCP" },
      { name: "probes", containerPort: proxyProbePort, protocol: "TCP" },
    ],
    livenessProbe: { ...probe, httpGet: { path: "/healthz", port: "probes" } },
    // Often, because it decides how soon a new server answers; `/readyz` is cheap.
    readinessProbe: { ...probe, httpGet: { path: "/readyz", port: "probes" }, periodSeconds: 1 },
    terminationMessagePolicy: "FallbackToLogsOnError",
    resources: { requests: { cpu: "20m", memory: "64Mi" }, limits: { memory: "512Mi" } },
    volumeMounts: [{ name: "runconfig", mountPath: runConfigFolder, readOnly: true }],
    securityContext: restrictedContainer,
  };
}
