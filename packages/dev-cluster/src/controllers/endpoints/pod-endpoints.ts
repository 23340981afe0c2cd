import { matchesLabels } from "@moorage/kube-types";
import { Pod, type Service, type ServicePort } from "@moorage/kube-types/core-v1";
import type { ControllerContext } from "../runtime/controller.ts";
import { inNamespaceOf } from "../runtime/owned-pods.ts";
import { isPodFinished, isPodReady } from "../runtime/pod-state.ts";

/** A pod that a Service selects, as its clients see it. */
export interface PodEndpoint {
  pod: Pod;
  address: string;
  /** Clients may send new requests. */
  ready: boolean;
  /** The pod answers, although it may be going away. */
  serving: boolean;
  terminating: boolean;
  /** Set for pods that have a name of their own under a headless Service. */
  hostname?: string;
}

/** A port of the Service with the number that it has on one group of pods. */
export interface ResolvedPort {
  name?: string;
  port: number;
  protocol: string;
  appProtocol?: string;
}

/** The pods behind `service` that have an address and have not ended, in the order of their names. */
export function podEndpointsOf(service: Service, { api }: ControllerContext): PodEndpoint[] {
  const { selector, publishNotReadyAddresses = false } = service.spec ?? {};
  if (!selector || Object.keys(selector).length === 0) return [];
  return api
    .list(Pod, inNamespaceOf(service))
    .filter((pod) => matchesLabels(selector, pod.metadata.labels) && !isPodFinished(pod))
    .flatMap((pod) => endpointOf(pod, service, publishNotReadyAddresses))
    .sort((a, b) => (a.pod.metadata.name < b.pod.metadata.name ? -1 : 1));
}

function endpointOf(pod: Pod, service: Service, publishNotReady: boolean): PodEndpoint[] {
  const address = pod.status?.podIP;
  if (!address) return [];
  const serving = isPodReady(pod);
  const terminating = pod.metadata.deletionTimestamp !== undefined;
  const { hostname, subdomain } = pod.spec ?? {};
  const isNamed = hostname && subdomain === service.metadata.name;
  return [
    {
      pod,
      address,
      ready: publishNotReady || (serving && !terminating),
      serving,
      terminating,
      ...(isNamed && { hostname }),
    },
  ];
}

/** The Service's ports on this pod. A named target port that the pod does not have is left out. */
export function portsOn(service: Service, pod: Pod): ResolvedPort[] {
  return (service.spec?.ports ?? []).flatMap((servicePort) => {
    const port = targetPortOn(servicePort, pod);
    if (port === undefined) return [];
    const { name, protocol = "TCP", appProtocol } = servicePort;
    return [{ ...(name && { name }), port, protocol, ...(appProtocol && { appProtocol }) }];
  });
}

/** The number of a Service's target port on a pod; a name is looked up in the pod's container ports. */
function targetPortOn({ port, targetPort = port, protocol = "TCP" }: ServicePort, pod: Pod): number | undefined {
  if (typeof targetPort === "number") return targetPort || port;
  const { containers = [], initContainers = [] } = pod.spec ?? {};
  const sidecars = initContainers.filter(({ restartPolicy }) => restartPolicy === "Always");
  const candidates = [...containers, ...sidecars].flatMap((container) => container.ports ?? []);
  const match = candidates.find(({ name, protocol: of = "TCP" }) => name === targetPort && of === protocol);
  if (match) return match.containerPort;
  return /^\d+$/.test(targetPort) ? Number(targetPort) : undefined;
}
