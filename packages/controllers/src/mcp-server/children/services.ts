import { apiVersionOf } from "@moorage/kube-types";
import { Service } from "@moorage/kube-types/core-v1";
import type { MCPServer } from "@moorage/resources";
import type { Model } from "../model.ts";
import { childLabels, headlessServiceName, selectorLabels } from "../names.ts";

/** The Service that clients reach. Its name is the server's, so that `status.url` resolves. */
export function clientService({ spec }: MCPServer, model: Model): Service {
  const { name, namespace, servicePort } = model;
  return {
    apiVersion: apiVersionOf(Service),
    kind: Service.kind,
    metadata: { name, namespace, labels: { ...childLabels(name), ...selectorLabels(name, "clients") } },
    spec: {
      type: spec.serviceType,
      selector: selectorLabels(name, "clients"),
      sessionAffinity: spec.sessionAffinity ?? defaultAffinity(model),
      ports: [{ name: "mcp", port: servicePort, targetPort: "mcp", protocol: "TCP" }],
    },
  };
}

/**
 * Any proxy finds a session's HTTP server. The process of a stdio session belongs to the proxy that started it,
 * and a server without a proxy keeps its sessions to itself.
 */
function defaultAffinity({ proxied, transport }: Model): "ClientIP" | "None" {
  return proxied && transport !== "stdio" ? "None" : "ClientIP";
}

/** Gives each server pod an address that the proxy finds by name. */
export function headlessService({ name, namespace, serverPort }: Model): Service {
  return {
    apiVersion: apiVersionOf(Service),
    kind: Service.kind,
    metadata: { name: headlessServiceName(name), namespace, labels: childLabels(name) },
    spec: {
      clusterIP: "None",
      selector: selectorLabels(name, "proxy"),
      ports: [{ name: "mcp", port: serverPort, targetPort: "mcp", protocol: "TCP" }],
    },
  };
}
