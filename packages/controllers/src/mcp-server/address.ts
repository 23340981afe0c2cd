import type { Service } from "@moorage/kube-types/core-v1";
import type { MCPServer } from "@moorage/resources";
import type { Model } from "./model.ts";

/** How `status.url` names a Service: by the cluster's DNS, or by its address where there is no DNS (the dev cluster). */
export type Addressing = "dns" | "clusterIP";

/**
 * What a client in the cluster connects to. Behind the proxy the URL has no path, as document S2 shows it;
 * a server that is reached directly has its own.
 */
export function urlOf(
  server: MCPServer,
  model: Model,
  service: Service | undefined,
  addressing: Addressing,
): string | undefined {
  const host = addressing === "dns" ? dnsNameOf(model) : service?.spec.clusterIP;
  if (!host || !service) return undefined;
  return `${schemeOf(server)}://${host}:${model.servicePort}${model.proxied ? "" : model.path}`;
}

/** What a client outside the cluster connects to; `undefined` without `spec.exposure`. */
export function externalUrlOf({ spec }: MCPServer, model: Model): string | undefined {
  const { exposure } = spec;
  if (!exposure) return undefined;
  const secure = exposure.ingress?.tlsSecretName !== undefined || exposure.httpRoute?.tls === true;
  return `${secure ? "https" : "http"}://${exposure.hostname}${model.proxied ? "" : model.path}`;
}

/** The server's name as an OAuth resource and as a token's audience: the same wherever it is reached from. */
export function resourceNameOf(server: MCPServer, model: Model): string {
  return `${schemeOf(server)}://${dnsNameOf(model)}:${model.servicePort}`;
}

function dnsNameOf({ name, namespace }: Model): string {
  return `${name}.${namespace}.svc.cluster.local`;
}

function schemeOf({ spec }: MCPServer): "http" | "https" {
  return spec.tls ? "https" : "http";
}
