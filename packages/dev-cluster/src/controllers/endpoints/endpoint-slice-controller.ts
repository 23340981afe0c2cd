import { controllerReference, type KubeObject, rfc3339Seconds } from "@moorage/kube-types";
import { Pod, Service } from "@moorage/kube-types/core-v1";
import { type Endpoint, EndpointSlice } from "@moorage/kube-types/discovery-v1";
import { unlessGone } from "../runtime/api-errors.ts";
import { type BuiltInController, type ControllerContext, keyIn, keyOf, watch } from "../runtime/controller.ts";
import { canonicalJson, equalsAsJson } from "../runtime/deep-equal.ts";
import { inNamespaceOf } from "../runtime/owned-pods.ts";
import { type PodEndpoint, podEndpointsOf, portsOn, type ResolvedPort } from "./pod-endpoints.ts";
import { servicesSelecting } from "./service-keys.ts";

const serviceLabel = "kubernetes.io/service-name";
const managedByLabel = "endpointslice.kubernetes.io/managed-by";
const manager = "endpointslice-controller.k8s.io";
/** Source: `--max-endpoints-per-slice` of kube-controller-manager. */
const maxEndpointsPerSlice = 100;

/** Writes which pods are behind each Service, in slices of 100. */
export const endpointSliceController: BuiltInController = {
  name: "EndpointSlice",
  watches: [watch(Service), watch(Pod, servicesSelecting), watch(EndpointSlice, serviceOfSlice)],

  reconcile(key, context) {
    const service = context.api.get(Service, key);
    // Slices of a Service that is gone go by garbage collection.
    if (!service?.spec?.selector || service.spec.type === "ExternalName") return undefined;
    if (service.metadata.deletionTimestamp !== undefined) return undefined;
    const existing = slicesOf(service, context);
    const wanted = groupsOf(podEndpointsOf(service, context), service);
    wanted.forEach((group, index) => {
      write(service, existing[index], { group, context });
    });
    for (const slice of existing.slice(wanted.length)) {
      unlessGone(() => context.api.delete(EndpointSlice, keyOf(slice)));
    }
    return undefined;
  },
};

/** Endpoints that have the same port numbers share a slice; a Service without pods has one empty slice. */
interface Group {
  ports: ResolvedPort[];
  endpoints: PodEndpoint[];
}

function groupsOf(endpoints: readonly PodEndpoint[], service: Service): Group[] {
  const byPorts = new Map<string, Group>();
  for (const endpoint of endpoints) {
    const ports = portsOn(service, endpoint.pod);
    const id = canonicalJson(ports);
    const group = byPorts.get(id) ?? { ports, endpoints: [] };
    group.endpoints.push(endpoint);
    byPorts.set(id, group);
  }
  const groups = [...byPorts.values()].flatMap(({ ports, endpoints: all }) =>
    Array.from({ length: Math.ceil(all.length / maxEndpointsPerSlice) }, (_, index) => ({
      ports,
      endpoints: all.slice(index * maxEndpointsPerSlice, (index + 1) * maxEndpointsPerSlice),
    })),
  );
  return groups.length > 0 ? groups : [{ ports: [], endpoints: [] }];
}

/** Go writes lists that were never filled as null; the types of clients know no null. */
const nothing: Pick<EndpointSlice, "endpoints" | "ports"> = JSON.parse('{"endpoints":null,"ports":null}');

function contentOf({ endpoints, ports }: Group): Pick<EndpointSlice, "endpoints" | "ports"> {
  return endpoints.length === 0 ? nothing : { endpoints: endpoints.map(endpointOf), ports };
}

function write(
  service: Service,
  existing: EndpointSlice | undefined,
  { group, context }: { group: Group; context: ControllerContext },
): void {
  const { name } = service.metadata;
  const labels = {
    ...service.metadata.labels,
    [serviceLabel]: name,
    [managedByLabel]: manager,
    ...(service.spec?.clusterIP === "None" && { "service.kubernetes.io/headless": "" }),
  };
  const content = contentOf(group);
  if (!existing) {
    context.api.create(EndpointSlice, {
      apiVersion: "discovery.k8s.io/v1",
      kind: "EndpointSlice",
      metadata: {
        name: "",
        generateName: `${name}-`,
        ...inNamespaceOf(service),
        labels,
        annotations: changeTime(context.now()),
        ownerReferences: [controllerReference(service)],
      },
      addressType: "IPv4",
      ...content,
    });
    return;
  }
  const isCurrent =
    equalsAsJson(content.endpoints ?? [], existing.endpoints ?? []) &&
    equalsAsJson(content.ports ?? [], existing.ports ?? []) &&
    equalsAsJson(labels, existing.metadata.labels);
  if (!isCurrent) {
    const annotations = { ...existing.metadata.annotations, ...changeTime(context.now()) };
    context.api.update(EndpointSlice, {
      ...existing,
      ...content,
      metadata: { ...existing.metadata, labels, annotations },
    });
  }
}

/** By which programs measure how long a change took to reach them. */
function changeTime(now: Date): Record<string, string> {
  return { "endpoints.kubernetes.io/last-change-trigger-time": rfc3339Seconds(now) };
}

function endpointOf({ pod, address, ready, serving, terminating, hostname }: PodEndpoint): Endpoint {
  const { name, namespace, uid } = pod.metadata;
  return {
    addresses: [address],
    conditions: { ready, serving, terminating },
    ...(hostname && { hostname }),
    ...(pod.spec?.nodeName && { nodeName: pod.spec.nodeName }),
    targetRef: { kind: "Pod", name, ...(namespace && { namespace }), ...(uid && { uid }) },
  };
}

function slicesOf(service: Service, { api }: ControllerContext): EndpointSlice[] {
  const labels = { matchLabels: { [serviceLabel]: service.metadata.name, [managedByLabel]: manager } };
  return [...api.list(EndpointSlice, { ...inNamespaceOf(service), labels })].filter(
    ({ metadata }) => metadata.deletionTimestamp === undefined,
  );
}

function serviceOfSlice({ metadata: { namespace, labels } }: KubeObject) {
  const name = labels?.[serviceLabel];
  return name === undefined ? [] : [keyIn(namespace, name)];
}
