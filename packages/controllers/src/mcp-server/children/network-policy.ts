import { apiVersionOf } from "@moorage/kube-types";
import { NetworkPolicy, type NetworkPolicyEgressRule } from "@moorage/kube-types/networking-v1";
import type { Model } from "../model.ts";
import { childLabels, selectorLabels, serverPolicyName } from "../names.ts";

/** What a server may reach: every rule of a NetworkPolicy's `egress`; `undefined` leaves it to the cluster. */
export type Egress = NetworkPolicyEgressRule[] | undefined;

/**
 * Who may reach the server's pods, and what they may reach. Behind a proxy only the proxy may: else a pod could walk
 * around authentication. `undefined` where there is nothing to restrict.
 */
export function serverNetworkPolicy({ name, namespace, proxied }: Model, egress: Egress): NetworkPolicy | undefined {
  if (!proxied && !egress) return undefined;
  const fromProxy = {
    from: [{ podSelector: { matchLabels: selectorLabels(name, "clients") } }],
    ports: [{ port: "mcp" }],
  };
  return {
    apiVersion: apiVersionOf(NetworkPolicy),
    kind: NetworkPolicy.kind,
    metadata: { name: serverPolicyName(name), namespace, labels: childLabels(name) },
    spec: {
      podSelector: { matchLabels: selectorLabels(name, proxied ? "proxy" : "clients") },
      policyTypes: [...(proxied ? ["Ingress"] : []), ...(egress ? ["Egress"] : [])],
      ...(proxied && { ingress: [fromProxy] }),
      ...(egress && { egress }),
    },
  };
}
