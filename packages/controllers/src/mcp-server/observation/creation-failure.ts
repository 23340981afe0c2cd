import type { Deployment, StatefulSet } from "@moorage/kube-types/apps-v1";
import type { Event } from "@moorage/kube-types/events-v1";
import type { PodProblem } from "../../pods/pod-problems.ts";

/**
 * Why the pods of a workload cannot be created, in words that tell a user what to do. A Deployment says so in its
 * status; a StatefulSet only in Events (`events`: those of reason FailedCreate about workloads of its name).
 */
export function findCreationFailure(
  workload: Deployment | StatefulSet | undefined,
  events: readonly Event[],
): PodProblem | undefined {
  if (!workload || (workload.status?.replicas ?? 0) >= (workload.spec.replicas ?? 1)) return undefined;
  const told = workload.status?.conditions?.find(({ type, status }) => type === "ReplicaFailure" && status === "True");
  const message = told?.message ?? lastEvent(workload, events)?.note;
  return message === undefined ? undefined : problemOf(message);
}

function lastEvent({ kind, metadata }: Deployment | StatefulSet, events: readonly Event[]): Event | undefined {
  const own = events.filter(({ regarding }) => regarding?.kind === kind && regarding.uid === metadata.uid);
  return own.toSorted((a, b) => timeOf(b).localeCompare(timeOf(a)))[0];
}

function timeOf({ series, eventTime, deprecatedLastTimestamp, metadata }: Event): string {
  return series?.lastObservedTime ?? eventTime ?? deprecatedLastTimestamp ?? metadata.creationTimestamp ?? "";
}

const kinds: readonly { match: RegExp; reason: string; fix: string }[] = [
  { match: /exceeded quota/, reason: "QuotaExceeded", fix: "raise the quota, or ask for less in spec.resources" },
  {
    match: /violates PodSecurity/,
    reason: "PodSecurityViolation",
    fix: "remove what is named from the spec (spec.securityProfile, spec.podTemplateSpec), or relax the namespace's level",
  },
  {
    match: /serviceaccount .* not found|error looking up service account/,
    reason: "ServiceAccountNotFound",
    fix: "create the ServiceAccount, or correct spec.serviceAccountName",
  },
];

function problemOf(message: string): PodProblem {
  // The pod's name differs from one try to the next, and so would the status.
  const steady = message.replace(/pods? "[^"]*"/g, "pods").replace(/create Pod \S+ in/, "create a pod in");
  const kind = kinds.find(({ match }) => match.test(message));
  if (!kind) return { reason: "PodCreationFailed", message: `The cluster refuses the server's pods: ${steady}` };
  return { reason: kind.reason, message: `The cluster refuses the server's pods: ${steady}. To mend it, ${kind.fix}` };
}
