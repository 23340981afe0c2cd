import type { Service } from "@moorage/kube-types/core-v1";
import type { Model } from "./model.ts";

/** How `status.url` names a Service: by the cluster's DNS, or by its address where there is no DNS (the dev cluster). */
export type Addressing = "dns" | "clusterIP";

/**
 * What a client connects to. Behind the proxy the URL has no path, as document S2 shows it;
 * a server that is reached directly has its own.
 */
export function urlOf(model: Model, service: Service | undefined, addressing: Addressing): string | undefined {
  const host = addressing === "dns" ? `${model.name}.${model.namespace}.svc.cluster.local` : service?.spec.clusterIP;
  if (!host || !service) return undefined;
  return `http://${host}:${model.servicePort}${model.proxied ? "" : model.path}`;
}
