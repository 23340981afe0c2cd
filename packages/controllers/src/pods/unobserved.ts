import type { Deployment, StatefulSet } from "@moorage/kube-types/apps-v1";

/** Whether Kubernetes has yet to look at the last change of a workload: its status is of what it was before. */
export function isUnobserved(workload: StatefulSet | Deployment | undefined): boolean {
  return (workload?.status?.observedGeneration ?? 0) < (workload?.metadata.generation ?? 0);
}
