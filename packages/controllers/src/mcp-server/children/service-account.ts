import { apiVersionOf } from "@moorage/kube-types";
import { ServiceAccount } from "@moorage/kube-types/core-v1";
import type { Model } from "../model.ts";
import { childLabels, proxyName } from "../names.ts";

/** Who the proxy's pods are in the cluster: nobody of any rights, and without a token. */
export function proxyServiceAccount({ name, namespace }: Model): ServiceAccount {
  return {
    apiVersion: apiVersionOf(ServiceAccount),
    kind: ServiceAccount.kind,
    metadata: { name: proxyName(name), namespace, labels: childLabels(name) },
    automountServiceAccountToken: false,
  };
}
