import type { Container, PodTemplateSpec } from "@moorage/kube-types/core-v1";
import type { MCPServer } from "@moorage/resources";
import type { Images } from "../../pods/images.ts";
import { withPodTemplatePatch } from "../../pods/pod-template.ts";
import type { Model } from "../model.ts";
import {
  childLabels,
  proxyContainer,
  proxyName,
  proxyPort,
  proxyProbePort,
  runConfigMapName,
  selectorLabels,
} from "../names.ts";
import { runConfigKey } from "./run-config.ts";
import { restrictedContainer, restrictedPod } from "./security.ts";

const configFolder = "/etc/moorage/runconfig";

/**
 * The pods that run the proxy. They hold no Kubernetes credentials: the proxy needs none. What the spec says of calls
 * is in the mounted files and not in here, so that a change of it restarts no proxy.
 */
export function proxyPodTemplate({ spec }: MCPServer, { name }: Model, images: Images): PodTemplateSpec {
  const own: PodTemplateSpec = {
    metadata: {
      labels: { ...childLabels(name), ...selectorLabels(name, "clients") },
      annotations: { "prometheus.io/scrape": "true", "prometheus.io/port": String(proxyProbePort) },
    },
    spec: {
      containers: [proxyContainerOf(spec, images)],
      volumes: [
        {
          name: "runconfig",
          projected: {
            sources: [{ configMap: { name: runConfigMapName(name) } }, { secret: { name: proxyName(name) } }],
          },
        },
      ],
      serviceAccountName: proxyName(name),
      automountServiceAccountToken: false,
      securityContext: restrictedPod,
      // Longer than the proxy lingers and drains, so that no call is cut off.
      terminationGracePeriodSeconds: 30,
    },
  };
  return withPodTemplatePatch(own, spec.proxy?.podTemplateSpec);
}

function proxyContainerOf({ proxy }: MCPServer["spec"], images: Images): Container {
  const probe = { periodSeconds: 5, timeoutSeconds: 3 };
  return {
    name: proxyContainer,
    image: images.moorage,
    args: ["proxy", "--config", `${configFolder}/${runConfigKey}`, "--host", "0.0.0.0"],
    ports: [
      { name: "mcp", containerPort: proxyPort, protocol: "TCP" },
      { name: "probes", containerPort: proxyProbePort, protocol: "TCP" },
    ],
    livenessProbe: { ...probe, httpGet: { path: "/healthz", port: "probes" } },
    // Often, because it decides how soon a new server answers; `/readyz` is cheap.
    readinessProbe: { ...probe, httpGet: { path: "/readyz", port: "probes" }, periodSeconds: 1 },
    terminationMessagePolicy: "FallbackToLogsOnError",
    resources: proxy?.resources ?? { requests: { cpu: "20m", memory: "64Mi" }, limits: { memory: "512Mi" } },
    volumeMounts: [{ name: "runconfig", mountPath: configFolder, readOnly: true }],
    securityContext: restrictedContainer,
  };
}
