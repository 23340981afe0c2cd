import { equalJson, type ResourceType } from "@moorage/kube-types";
import { Deployment, StatefulSet } from "@moorage/kube-types/apps-v1";
import { HorizontalPodAutoscaler } from "@moorage/kube-types/autoscaling-v2";
import { ConfigMap, type Pod, Secret, Service, ServiceAccount } from "@moorage/kube-types/core-v1";
import type { EndpointSlice } from "@moorage/kube-types/discovery-v1";
import { Ingress, NetworkPolicy } from "@moorage/kube-types/networking-v1";
import { type Reads, reads } from "@moorage/operator-runtime";
import { servesLabel } from "../../pods/labels.ts";
import { isUnobserved } from "../../pods/unobserved.ts";
import type { Addressing } from "../address.ts";
import { HTTPRoute } from "../children/exposure.ts";
import { isReady } from "./answer.ts";

/** Children that are written and never read. */
export const unreadKinds: readonly ResourceType[] = [
  NetworkPolicy,
  ServiceAccount,
  HorizontalPodAutoscaler,
  Ingress,
  HTTPRoute,
];

/**
 * What a reconcile reads of the children, for the runtime to tell news from noise: Kubernetes writes a workload several
 * times until its pods are there, and most of that tells nothing of a server.
 *
 * Whatever is read here and elsewhere in this folder gives `undefined` where an object makes no difference from none, and
 * names the files that its parts are read in: what these begin to read belongs here, too.
 */
export function childReads(addressing: Addressing): Reads[] {
  return [
    ...unreadKinds.map(writtenOnly),
    // What is read of these is what was written there: RunConfigs and session keys.
    ...[ConfigMap, Secret].map(writtenOnly),
    reads(StatefulSet, workloadReads),
    reads(Deployment, workloadReads),
    // Where DNS names it, its address matters to a handshake only, which is tried again until it succeeds.
    reads(Service, ({ spec }) => (addressing === "clusterIP" ? spec.clusterIP : undefined)),
  ];
}

/** A kind of children that tell a reconcile nothing but what it put there itself. */
const writtenOnly = (type: ResourceType) => reads(type, () => undefined);

/** `readiness.ts`, `status.ts`, `creation-failure.ts`, `sleep.ts`. */
function workloadReads(workload: Deployment | StatefulSet): unknown {
  const { spec, status } = workload;
  const { replicas = 0, availableReplicas = 0, updatedReplicas = 0, conditions } = status ?? {};
  const failure = conditions?.find((condition) => condition.type === "ReplicaFailure" && condition.status === "True");
  // While no pod is available it makes no difference what Kubernetes has yet to look at.
  const unobserved = availableReplicas > 0 && isUnobserved(workload);
  const told = [spec.replicas ?? 1, replicas, availableReplicas, updatedReplicas, failure?.message ?? "", unobserved];
  return equalJson(told, noWorkload) ? undefined : told;
}

/** A workload that is not there counts as one with a pod wanted and none there. */
const noWorkload = [1, 0, 0, 0, "", false];

/** `pod-problems.ts`, `readiness.ts`, `answer.ts`, `next-look.ts`. How old a pod is, `sleep.ts` asks from time to time. */
export function podReads(pod: Pod): unknown {
  const { metadata, status } = pod;
  const { podIP, conditions = [], initContainerStatuses, containerStatuses } = status ?? {};
  const unscheduled = conditions.find((condition) => condition.type === "PodScheduled" && condition.status === "False");
  const ready = isReady(pod);
  // A pod that nobody has taken on yet is neither a problem nor somebody to ask.
  if (!podIP && !unscheduled && !ready && !initContainerStatuses && !containerStatuses) return undefined;
  return {
    serves: metadata.labels?.[servesLabel],
    leaving: metadata.deletionTimestamp !== undefined,
    podIP,
    ready,
    unscheduled: unscheduled && [unscheduled.reason, unscheduled.message],
    containers: [initContainerStatuses, containerStatuses],
  };
}

/** `readiness.ts`: whether the Service leads to a pod. */
export function endpointReads({ metadata, endpoints }: EndpointSlice): unknown {
  const leadsToAPod = endpoints?.some(({ conditions }) => conditions?.ready !== false);
  return leadsToAPod ? metadata.labels?.["kubernetes.io/service-name"] : undefined;
}
