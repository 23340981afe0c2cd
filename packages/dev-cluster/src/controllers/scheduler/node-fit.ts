import { matchesLabels, parseQuantity } from "@moorage/kube-types";
import type { Container, Node, NodeSelectorRequirement, Pod, Taint, Toleration } from "@moorage/kube-types/core-v1";

/** A node with the pods that are bound to it and have not ended. */
export interface Candidate {
  node: Node;
  pods: readonly Pod[];
}

/** Why `pod` cannot run on the node, in kube-scheduler's words, or `undefined` when it can. */
export function whyNot(pod: Pod, { node, pods }: Candidate): string | undefined {
  const { unschedulable, taints = [] } = node.spec ?? {};
  const tolerations = pod.spec?.tolerations ?? [];
  if (unschedulable && !tolerates(tolerations, { key: "node.kubernetes.io/unschedulable", effect: "NoSchedule" })) {
    return "node(s) were unschedulable";
  }
  if (!matchesNode(pod, node)) return "node(s) didn't match Pod's node affinity/selector";
  const untolerated = taints.find(
    ({ effect, ...taint }) => effect !== "PreferNoSchedule" && !tolerates(tolerations, { effect, ...taint }),
  );
  if (untolerated) return `node(s) had untolerated taint(s)`;
  return whatIsShort(pod, node, pods);
}

function tolerates(tolerations: readonly Toleration[], taint: Taint): boolean {
  return tolerations.some(({ key, operator = "Equal", value = "", effect }) => {
    if (effect && effect !== taint.effect) return false;
    if (!key) return operator === "Exists";
    return key === taint.key && (operator === "Exists" || value === (taint.value ?? ""));
  });
}

function matchesNode({ spec }: Pod, { metadata }: Node): boolean {
  const labels = metadata.labels ?? {};
  const selected = matchesLabels(spec?.nodeSelector, labels);
  const required = spec?.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms;
  const fields = { "metadata.name": metadata.name };
  return (
    selected &&
    (required === undefined ||
      required.some(
        ({ matchExpressions = [], matchFields = [] }) =>
          matchExpressions.every((requirement) => holds(requirement, labels)) &&
          matchFields.every((requirement) => holds(requirement, fields)),
      ))
  );
}

function holds({ key, operator, values = [] }: NodeSelectorRequirement, labels: Record<string, string>): boolean {
  const value = labels[key];
  switch (operator) {
    case "In":
      return value !== undefined && values.includes(value);
    case "NotIn":
      return value === undefined || !values.includes(value);
    case "Exists":
      return value !== undefined;
    case "DoesNotExist":
      return value === undefined;
    case "Gt":
      return Number(value) > Number(values[0]);
    default:
      return operator === "Lt" && Number(value) < Number(values[0]);
  }
}

function whatIsShort(pod: Pod, { status }: Node, pods: readonly Pod[]): string | undefined {
  const allocatable = status?.allocatable ?? {};
  const maxPods = allocatable["pods"];
  if (maxPods !== undefined && pods.length >= parseQuantity(maxPods)) return "Too many pods";
  const wanted = [...requestsOf(pod)].filter(([, amount]) => amount > 0);
  if (wanted.length === 0) return undefined;
  const used = usedBy(pods);
  const short = wanted.find(([resource, amount]) => {
    return (used.get(resource) ?? 0) + amount > parseQuantity(allocatable[resource] ?? 0);
  });
  return short && `Insufficient ${short[0]}`;
}

function usedBy(pods: readonly Pod[]): Map<string, number> {
  const used = new Map<string, number>();
  for (const [resource, amount] of pods.flatMap((pod) => [...requestsOf(pod)])) {
    used.set(resource, (used.get(resource) ?? 0) + amount);
  }
  return used;
}

/** What a pod needs: the sum of its containers, or its largest init container if that is more. */
function requestsOf({ spec }: Pod): Map<string, number> {
  const isSidecar = ({ restartPolicy }: Container) => restartPolicy === "Always";
  const inits = spec?.initContainers ?? [];
  const needs = sum([...(spec?.containers ?? []), ...inits.filter(isSidecar)]);
  for (const init of inits.filter((container) => !isSidecar(container))) {
    for (const [resource, amount] of sum([init])) needs.set(resource, Math.max(amount, needs.get(resource) ?? 0));
  }
  return needs;
}

function sum(containers: readonly Container[]): Map<string, number> {
  const total = new Map<string, number>();
  for (const [resource, amount] of containers.flatMap(({ resources }) => Object.entries(resources?.requests ?? {}))) {
    total.set(resource, (total.get(resource) ?? 0) + parseQuantity(amount));
  }
  return total;
}
