import { apiVersionOf, type KubeObject, type ResourceType } from "@moorage/kube-types";
import { Ingress } from "@moorage/kube-types/networking-v1";
import type { MCPServer } from "@moorage/resources";
import type { Model } from "../model.ts";
import { childLabels } from "../names.ts";

/** A route of the Gateway API, as far as we write one. Its CRD may not be installed. */
export interface HTTPRoute extends KubeObject {
  spec: unknown;
}
export const HTTPRoute: ResourceType<HTTPRoute> = {
  group: "gateway.networking.k8s.io",
  version: "v1",
  kind: "HTTPRoute",
  plural: "httproutes",
  namespaced: true,
};

type Exposure = NonNullable<MCPServer["spec"]["exposure"]>;

/** The ways in from outside the cluster; all end at the Service. */
export function exposureOf({ spec }: MCPServer, model: Model): KubeObject[] {
  const { exposure } = spec;
  return [
    ...(exposure?.ingress ? [ingress(exposure, exposure.ingress, model)] : []),
    ...(exposure?.httpRoute ? [httpRoute(exposure, exposure.httpRoute, model)] : []),
  ];
}

function ingress(
  { hostname }: Exposure,
  { className, tlsSecretName, annotations }: NonNullable<Exposure["ingress"]>,
  { name, namespace }: Model,
): Ingress {
  const backend = { service: { name, port: { name: "mcp" } } };
  return {
    apiVersion: apiVersionOf(Ingress),
    kind: Ingress.kind,
    metadata: { name, namespace, labels: childLabels(name), ...(annotations && { annotations }) },
    spec: {
      ...(className && { ingressClassName: className }),
      ...(tlsSecretName && { tls: [{ hosts: [hostname], secretName: tlsSecretName }] }),
      rules: [{ host: hostname, http: { paths: [{ path: "/", pathType: "Prefix", backend }] } }],
    },
  };
}

function httpRoute(
  { hostname }: Exposure,
  { parentRefs, annotations }: NonNullable<Exposure["httpRoute"]>,
  { name, namespace, servicePort }: Model,
): HTTPRoute {
  return {
    apiVersion: apiVersionOf(HTTPRoute),
    kind: HTTPRoute.kind,
    metadata: { name, namespace, labels: childLabels(name), ...(annotations && { annotations }) },
    spec: {
      parentRefs,
      hostnames: [hostname],
      rules: [{ backendRefs: [{ name, port: servicePort }] }],
    },
  };
}
