import type { KubeObject } from "@moorage/kube-types";
import type { Deployment } from "@moorage/kube-types/apps-v1";
import type { ConfigMap, Service } from "@moorage/kube-types/core-v1";
import type { Website } from "./website.ts";

/** Everything that a Website needs. */
export function childrenOf(site: Website): KubeObject[] {
  return [page(site), server(site), address(site)];
}

function page({ metadata: { name }, spec: { html } }: Website): ConfigMap {
  return { apiVersion: "v1", kind: "ConfigMap", metadata: { name }, data: { "index.html": html } };
}

function server({ metadata: { name }, spec: { replicas } }: Website): Deployment {
  const labels = { website: name };
  const container = {
    name: "web",
    image: "nginx:1.25",
    ports: [{ containerPort: 80 }],
    volumeMounts: [{ name: "page", mountPath: "/usr/share/nginx/html" }],
  };
  return {
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: { name, labels },
    spec: {
      replicas,
      selector: { matchLabels: labels },
      template: {
        metadata: { labels },
        spec: { containers: [container], volumes: [{ name: "page", configMap: { name } }] },
      },
    },
  };
}

function address({ metadata: { name } }: Website): Service {
  const spec = { selector: { website: name }, ports: [{ port: 80 }] };
  return { apiVersion: "v1", kind: "Service", metadata: { name }, spec };
}
