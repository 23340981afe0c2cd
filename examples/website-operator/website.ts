import type { Condition, KubeObject, ResourceType } from "@moorage/kube-types";

/** A page to serve. */
export interface Website extends KubeObject {
  spec: {
    html: string;
    /** Default 1, by the CRD. */
    replicas?: number;
  };
  /** Absent until the controller has looked at it. */
  status?: { availableReplicas?: number; observedGeneration?: number; conditions?: Condition[] };
}

export const Website: ResourceType<Website> = {
  group: "example.dev",
  version: "v1",
  kind: "Website",
  plural: "websites",
  namespaced: true,
};
