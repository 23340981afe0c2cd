import { rfc3339Seconds } from "@moorage/kube-types";
import { type EndpointAddress, type EndpointSubset, Endpoints, Pod, Service } from "@moorage/kube-types/core-v1";
import { unlessGone } from "../runtime/api-errors.ts";
import { type BuiltInController, keyOf, watch } from "../runtime/controller.ts";
import { canonicalJson, equalsAsJson } from "../runtime/deep-equal.ts";
import { inNamespaceOf } from "../runtime/owned-pods.ts";
import { type PodEndpoint, podEndpointsOf, portsOn, type ResolvedPort } from "./pod-endpoints.ts";
import { servicesSelecting } from "./service-keys.ts";

const managedByLabel = "endpoints.kubernetes.io/managed-by";

/** Writes the older form of EndpointSlices, which `kubectl get endpoints` and some clients still read. */
export const endpointsController: BuiltInController = {
  name: "Endpoints",
  watches: [watch(Service), watch(Pod, servicesSelecting), watch(Endpoints)],

  reconcile(key, context) {
    const service = context.api.get(Service, key);
    const existing = context.api.get(Endpoints, key);
    if (!service) {
      // Those that a person made for a Service without selector are not ours to delete.
      if (existing?.metadata.labels?.[managedByLabel]) unlessGone(() => context.api.delete(Endpoints, key));
      return undefined;
    }
    if (!service.spec?.selector || service.spec.type === "ExternalName") return undefined;
    const labels = {
      ...service.metadata.labels,
      [managedByLabel]: "endpoint-controller",
      ...(service.spec.clusterIP === "None" && { "service.kubernetes.io/headless": "" }),
    };
    const subsets = subsetsOf(service, podEndpointsOf(service, context));
    if (!existing) {
      const metadata = {
        name: service.metadata.name,
        ...inNamespaceOf(service),
        labels,
        annotations: changeTime(context.now()),
      };
      context.api.create(Endpoints, { apiVersion: "v1", kind: "Endpoints", metadata, ...withSubsets(subsets) });
    } else if (!equalsAsJson(subsets, existing.subsets ?? []) || !equalsAsJson(labels, existing.metadata.labels)) {
      const { subsets: _old, ...rest } = existing;
      const annotations = { ...existing.metadata.annotations, ...changeTime(context.now()) };
      const metadata = { ...existing.metadata, labels, annotations };
      context.api.update(Endpoints, { ...rest, metadata, ...withSubsets(subsets) });
    }
    return undefined;
  },
};

function changeTime(now: Date): Record<string, string> {
  return { "endpoints.kubernetes.io/last-change-trigger-time": rfc3339Seconds(now) };
}

function withSubsets(subsets: EndpointSubset[]): { subsets?: EndpointSubset[] } {
  return subsets.length > 0 ? { subsets } : {};
}

/** One subset for each set of port numbers; terminating pods are left out. */
function subsetsOf(service: Service, endpoints: readonly PodEndpoint[]): EndpointSubset[] {
  const groups = new Map<string, { ports: ResolvedPort[]; ready: EndpointAddress[]; notReady: EndpointAddress[] }>();
  for (const endpoint of endpoints) {
    if (endpoint.terminating && !service.spec?.publishNotReadyAddresses) continue;
    const ports = portsOn(service, endpoint.pod);
    const id = canonicalJson(ports);
    const group = groups.get(id) ?? { ports, ready: [], notReady: [] };
    (endpoint.ready ? group.ready : group.notReady).push(addressOf(endpoint));
    groups.set(id, group);
  }
  return [...groups.values()].map(({ ports, ready, notReady }) => ({
    ...(ready.length > 0 && { addresses: ready }),
    ...(notReady.length > 0 && { notReadyAddresses: notReady }),
    ...(ports.length > 0 && { ports }),
  }));
}

function addressOf({ pod, address, hostname }: PodEndpoint): EndpointAddress {
  const { name, namespace, uid } = keyAndUid(pod);
  return {
    ip: address,
    ...(hostname && { hostname }),
    ...(pod.spec?.nodeName && { nodeName: pod.spec.nodeName }),
    targetRef: { kind: "Pod", name, ...(namespace && { namespace }), ...(uid && { uid }) },
  };
}

function keyAndUid(pod: Pod) {
  return { ...keyOf(pod), uid: pod.metadata.uid };
}
