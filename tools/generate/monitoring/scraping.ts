import { servesLabel } from "@moorage/controllers";
import { selector } from "../install/operator-deployment.ts";

/** Pods whose port of this name answers `/metrics`. */
interface Target {
  readonly job: string;
  readonly selector: { matchLabels?: Record<string, string>; matchExpressions?: { key: string; operator: "Exists" }[] };
  readonly port: string;
}

const targets: readonly Target[] = [
  { job: "moorage-operator", selector: { matchLabels: selector }, port: "metrics" },
  // Every pod of an MCPServer has the label; only a proxy has the port.
  {
    job: "moorage-mcp-servers",
    selector: { matchExpressions: [{ key: servesLabel, operator: "Exists" }] },
    port: "probes",
  },
];

const labelsOfPod = [
  { source_labels: ["__meta_kubernetes_namespace"], target_label: "namespace" },
  { source_labels: ["__meta_kubernetes_pod_name"], target_label: "pod" },
];

function labelSelectorText({ matchLabels = {}, matchExpressions = [] }: Target["selector"]): string {
  const equal = Object.entries(matchLabels).map(([key, value]) => `${key}=${value}`);
  return [...equal, ...matchExpressions.map(({ key }) => key)].join(",");
}

/** The configuration of a Prometheus that runs in the cluster, with the right to list pods. */
export const prometheusConfiguration = {
  global: { scrape_interval: "30s", evaluation_interval: "30s" },
  rule_files: ["alerts.yaml"],
  scrape_configs: targets.map(({ job, selector, port }) => ({
    job_name: job,
    kubernetes_sd_configs: [{ role: "pod", selectors: [{ role: "pod", label: labelSelectorText(selector) }] }],
    relabel_configs: [
      { source_labels: ["__meta_kubernetes_pod_container_port_name"], regex: port, action: "keep" },
      ...labelsOfPod,
    ],
  })),
};

/** The same for the Prometheus Operator. */
export const podMonitors = targets.map(({ job, selector, port }) => ({
  apiVersion: "monitoring.coreos.com/v1",
  kind: "PodMonitor",
  metadata: { name: job },
  spec: {
    namespaceSelector: { any: true },
    selector,
    // With its default written out: a second `kubectl apply` then changes nothing.
    podMetricsEndpoints: [{ port, relabelings: [{ action: "replace", targetLabel: "job", replacement: job }] }],
  },
}));
