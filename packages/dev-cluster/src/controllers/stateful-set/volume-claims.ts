import type { StatefulSet } from "@moorage/kube-types/apps-v1";
import { PersistentVolumeClaim } from "@moorage/kube-types/core-v1";
import type { ControllerContext } from "../runtime/controller.ts";
import { inNamespaceOf } from "../runtime/owned-pods.ts";
import { claimName } from "./stateful-pod.ts";

/** Creates the claims of one pod that are not there yet. They outlive the pod: that is what they are for. */
export function ensureVolumeClaims(set: StatefulSet, podName: string, { api, events }: ControllerContext): void {
  for (const template of set.spec.volumeClaimTemplates ?? []) {
    const name = claimName(template.metadata.name, podName);
    if (api.get(PersistentVolumeClaim, { ...inNamespaceOf(set), name })) continue;
    const { labels, annotations } = template.metadata;
    api.create(PersistentVolumeClaim, {
      apiVersion: "v1",
      kind: "PersistentVolumeClaim",
      metadata: {
        name,
        ...inNamespaceOf(set),
        labels: { ...labels, ...set.spec.selector.matchLabels },
        ...(annotations && { annotations }),
      },
      ...(template.spec && { spec: template.spec }),
    });
    const message = `Create Claim ${name} Pod ${podName} in StatefulSet ${set.metadata.name} success`;
    events.record(set, { reason: "SuccessfulCreate", message });
  }
}
