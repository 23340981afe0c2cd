import type { KubeObject } from "@moorage/kube-types";
import type { ApiObject } from "../store/api-object.ts";
import type { ApiCore } from "./api-core.ts";
import { keyOf } from "./registry.ts";

const caller = { name: "system:apiserver", groups: ["system:masters"] };
const namespaces = ["default", "kube-node-lease", "kube-public", "kube-system"];

/** Creates the namespaces and the Service `kubernetes` that every cluster has, and keeps the latter's endpoints true. */
export function ensureSystemObjects(core: ApiCore, endpoint: { host: string; port: number }): void {
  for (const name of namespaces) ensure(core, { apiVersion: "v1", kind: "Namespace", metadata: { name } });
  ensure(core, kubernetesService(core.addresses.apiServerAddress, endpoint.port));
  ensure(core, kubernetesEndpoints(endpoint), { replace: true });
  ensure(core, kubernetesEndpointSlice(endpoint), { replace: true });
}

function ensure(core: ApiCore, object: ApiObject, { replace = false }: { replace?: boolean } = {}): void {
  const info = core.catalog.findKind(object.apiVersion, object.kind);
  if (!info)
    throw new Error(`Cannot create ${object.kind} "${object.metadata.name}": the server does not serve its kind`);
  const { registry } = core;
  const options = { caller, manager: "kube-apiserver" };
  const entry = registry.find(info, keyOf(info, object.metadata.namespace, object.metadata.name));
  if (!entry) registry.createNow(info, object, options);
  else if (replace) registry.commitUpdate(registry.prepareUpdate(info, entry, object, options));
}

const labels = { component: "apiserver", provider: "kubernetes" };
const metadata = (extra: Record<string, string> = {}): KubeObject["metadata"] => ({
  name: "kubernetes",
  namespace: "default",
  labels: { ...extra },
});

function kubernetesService(address: string, port: number): ApiObject {
  const ports = [{ name: "https", port: 443, protocol: "TCP", targetPort: port }];
  return { apiVersion: "v1", kind: "Service", metadata: metadata(labels), spec: { clusterIP: address, ports } };
}

function kubernetesEndpoints({ host, port }: { host: string; port: number }): ApiObject {
  const subsets = [{ addresses: [{ ip: host }], ports: [{ name: "https", port, protocol: "TCP" }] }];
  const labelled = metadata({ "endpointslice.kubernetes.io/skip-mirror": "true" });
  return { apiVersion: "v1", kind: "Endpoints", metadata: labelled, subsets };
}

function kubernetesEndpointSlice({ host, port }: { host: string; port: number }): ApiObject {
  return {
    apiVersion: "discovery.k8s.io/v1",
    kind: "EndpointSlice",
    metadata: metadata({ "kubernetes.io/service-name": "kubernetes" }),
    addressType: "IPv4",
    endpoints: [{ addresses: [host], conditions: { ready: true } }],
    ports: [{ name: "https", port, protocol: "TCP" }],
  };
}
