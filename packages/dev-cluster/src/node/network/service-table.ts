import type { Service } from "@moorage/kube-types/core-v1";
import type { EndpointSlice } from "@moorage/kube-types/discovery-v1";
import type { Target } from "./forward.ts";

/** One address and port that clients reach a Service at, with what is behind it. */
export interface ServiceListener {
  /** `127.96.0.7:80`. */
  id: string;
  host: string;
  port: number;
  targets: readonly Target[];
  /** Seconds that connections from one address go to the same target; absent without affinity. */
  affinitySeconds?: number;
}

/** The listeners of one Service: its cluster IP and its node ports, for TCP. A port without ready endpoints has no targets. */
export function listenersOf(
  service: Service,
  slices: readonly EndpointSlice[],
  hostAddress: string,
): ServiceListener[] {
  const { clusterIP, ports = [], sessionAffinity, sessionAffinityConfig } = service.spec ?? {};
  if (!clusterIP || clusterIP === "None") return [];
  const affinitySeconds =
    sessionAffinity === "ClientIP" ? (sessionAffinityConfig?.clientIP?.timeoutSeconds ?? 10_800) : undefined;
  return ports
    .filter(({ protocol = "TCP" }) => protocol === "TCP")
    .flatMap(({ name, port, nodePort }) => {
      const targets = targetsOf(name, slices);
      const common = { targets, ...(affinitySeconds !== undefined && { affinitySeconds }) };
      const listener = (host: string, number: number) => ({ id: `${host}:${number}`, host, port: number, ...common });
      return [listener(clusterIP, port), ...(nodePort ? [listener(hostAddress, nodePort)] : [])];
    });
}

/** Ready endpoints, or, when there is none, those that still serve while they end. Source: kube-proxy's ProxyTerminatingEndpoints. */
function targetsOf(portName: string | undefined, slices: readonly EndpointSlice[]): Target[] {
  const all = slices.flatMap(({ endpoints, ports }) => {
    // Both are null in a slice without endpoints.
    const port = (ports ?? []).find(
      ({ name = "", protocol = "TCP" }) => name === (portName ?? "") && protocol === "TCP",
    )?.port;
    if (port === undefined) return [];
    return (endpoints ?? []).flatMap(({ addresses, conditions }) =>
      addresses.map((address) => ({ target: { address, port }, conditions })),
    );
  });
  const ready = all.filter(({ conditions }) => conditions?.ready !== false);
  const usable =
    ready.length > 0 ? ready : all.filter(({ conditions }) => conditions?.serving && conditions.terminating);
  return usable.map(({ target }) => target);
}
