import { Deployment } from "@moorage/kube-types/apps-v1";
import { ConfigMap, Service } from "@moorage/kube-types/core-v1";
import { type Controller, desired, notReady, ready } from "@moorage/operator-runtime";
import { childrenOf } from "./children.ts";
import { Website } from "./website.ts";

/** Serves the page of every Website. */
export const websiteController: Controller<Website> = {
  name: "website",
  for: Website,
  owns: [ConfigMap, Deployment, Service],
  reconcile(site, cluster) {
    const wanted = site.spec.replicas;
    const available = cluster.find(Deployment, site.metadata)?.status?.availableReplicas ?? 0;
    const message = `${available} of ${wanted} pods are available`;
    const condition = available >= wanted ? ready("Serving", message) : notReady("PodsNotReady", message);
    return desired(childrenOf(site), { status: { availableReplicas: available }, conditions: [condition] });
  },
};
