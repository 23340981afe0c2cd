import { apiVersionOf } from "@moorage/kube-types";
import { Deployment, StatefulSet } from "@moorage/kube-types/apps-v1";
import type { PodTemplateSpec } from "@moorage/kube-types/core-v1";
import type { Model } from "../model.ts";
import { childLabels, headlessServiceName, selectorLabels } from "../names.ts";

interface Pods {
  template: PodTemplateSpec;
  /** Absent: somebody else decides, an autoscaler for one. */
  replicas: number | undefined;
  /** Of the workload itself. */
  annotations?: Record<string, string>;
}

/** The servers behind the proxy: pods with names and addresses of their own, so that sessions can be pinned to them. */
export function serverStatefulSet({ name, namespace }: Model, { template, replicas, annotations }: Pods): StatefulSet {
  return {
    apiVersion: apiVersionOf(StatefulSet),
    kind: StatefulSet.kind,
    metadata: { name, namespace, labels: childLabels(name), ...(annotations && { annotations }) },
    spec: {
      ...(replicas !== undefined && { replicas }),
      serviceName: headlessServiceName(name),
      // Servers do not know of each other, so none has to wait for another.
      podManagementPolicy: "Parallel",
      selector: { matchLabels: selectorLabels(name, "proxy") },
      template,
    },
  };
}

/** The Deployment that clients reach: of proxies, or of the servers themselves. */
export function clientDeployment({ name, namespace }: Model, { template, replicas, annotations }: Pods): Deployment {
  return {
    apiVersion: apiVersionOf(Deployment),
    kind: Deployment.kind,
    metadata: { name, namespace, labels: childLabels(name), ...(annotations && { annotations }) },
    spec: {
      ...(replicas !== undefined && { replicas }),
      selector: { matchLabels: selectorLabels(name, "clients") },
      // A pod goes only when another serves in its place.
      strategy: { type: "RollingUpdate", rollingUpdate: { maxUnavailable: 0, maxSurge: 1 } },
      template,
    },
  };
}
