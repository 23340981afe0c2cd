import { apiVersionOf } from "@moorage/kube-types";
import { Deployment, StatefulSet } from "@moorage/kube-types/apps-v1";
import type { PodTemplateSpec } from "@moorage/kube-types/core-v1";
import type { MCPServer } from "@moorage/resources";
import type { Model } from "./model.ts";
import { childLabels, headlessServiceName, selectorLabels } from "./names.ts";

/** The servers behind the proxy: pods with names and addresses of their own, so that sessions can be pinned to them. */
export function serverStatefulSet(server: MCPServer, model: Model, template: PodTemplateSpec): StatefulSet {
  const { name, namespace } = model;
  return {
    apiVersion: apiVersionOf(StatefulSet),
    kind: StatefulSet.kind,
    metadata: { name, namespace, labels: childLabels(name) },
    spec: {
      replicas: server.spec.replicas,
      serviceName: headlessServiceName(name),
      // Servers do not know of each other, so none has to wait for another.
      podManagementPolicy: "Parallel",
      selector: { matchLabels: selectorLabels(name, "proxy") },
      template,
    },
  };
}

/** The Deployment that clients reach: of proxies, or of the servers themselves. */
export function clientDeployment(model: Model, replicas: number, template: PodTemplateSpec): Deployment {
  const { name, namespace } = model;
  return {
    apiVersion: apiVersionOf(Deployment),
    kind: Deployment.kind,
    metadata: { name, namespace, labels: childLabels(name) },
    spec: { replicas, selector: { matchLabels: selectorLabels(name, "clients") }, template },
  };
}
