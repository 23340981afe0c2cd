import { Deployment } from "@moorage/kube-types/apps-v1";
import { Pod, Service } from "@moorage/kube-types/core-v1";
import { type Controller, watch } from "@moorage/operator-runtime";
import { WebApp } from "@moorage/resources";
import type { Images } from "../pods/images.ts";
import { servesLabel } from "../pods/labels.ts";
import { podTemplateCondition } from "../pods/pod-template.ts";
import { childrenOf, selectorLabels } from "./children.ts";
import { statusOf } from "./status.ts";

/** How often a WebApp is looked at although nothing is known to have changed: document S3. */
const requeueEveryMs = 30_000;

/**
 * Keeps a Deployment and a Service for every WebApp.
 *
 * Reads nothing but the WebApp and its pods. Owns the Deployment and the Service, both of the WebApp's name.
 */
export function webAppController(images: Images): Controller<WebApp> {
  return {
    name: "web-app",
    for: WebApp,
    owns: [Deployment, Service],
    // Of the Service nothing is read: its status says nothing of the app.
    metadataOnly: [Service],
    watches: [watch(Pod, appOfPod, { labelSelector: servesLabel })],
    requeueEveryMs,
    blockedStatus: () => ({ phase: "Failed" }),
    deletingStatus: () => ({ phase: "Deleting" }),

    reconcile(app, cluster) {
      const { name, namespace } = app.metadata;
      const template = podTemplateCondition("spec.podTemplateSpec", app.spec.podTemplateSpec);
      const observation = {
        app,
        template,
        deployment: cluster.find(Deployment, { namespace, name }),
        pods: cluster.list(Pod, { namespace, labels: { matchLabels: selectorLabels(name) } }),
      };
      const { status, conditions } = statusOf(observation);
      // With a pod template that cannot be merged, what runs goes on as it was.
      return { ...(template?.status !== "False" && { children: childrenOf(app, images) }), status, conditions };
    },
  };
}

function appOfPod({ metadata }: Pod): { namespace?: string; name: string }[] {
  const name = metadata.labels?.["app.kubernetes.io/instance"];
  if (!name) return [];
  return [{ ...(metadata.namespace && { namespace: metadata.namespace }), name }];
}
