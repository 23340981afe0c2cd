import { rfc3339Seconds } from "@moorage/kube-types";
import { Node, Pod, type PodCondition } from "@moorage/kube-types/core-v1";
import { unlessGone } from "../runtime/api-errors.ts";
import { type BuiltInController, type ControllerContext, formatKey, keyOf, watch } from "../runtime/controller.ts";
import { isPodFinished } from "../runtime/pod-state.ts";
import { whyNot } from "./node-fit.ts";

/**
 * Binds pods to nodes: of the nodes that fit, the one with the fewest pods. It takes any Node object, whoever
 * plays the node. Without preemption, topology spread and inter-pod affinity, which one node has no use for.
 */
export const scheduler: BuiltInController = {
  name: "Scheduler",
  watches: [watch(Pod, unlessBound), watch(Node, unboundPods)],

  reconcile(key, context) {
    const pod = context.api.get(Pod, key);
    if (!pod || !isSchedulable(pod)) return undefined;
    if ((pod.spec?.schedulingGates ?? []).length > 0) {
      note(
        pod,
        { reason: "SchedulingGated", message: "Scheduling is blocked due to non-empty scheduling gates" },
        context,
      );
      return undefined;
    }
    const found = findNode(pod, context);
    if (typeof found === "string") return bind(pod, found, context);
    note(pod, { reason: "Unschedulable", message: found.message }, context);
    return undefined;
  },
};

function isSchedulable({ spec, metadata }: Pod): boolean {
  const { schedulerName = "default-scheduler" } = spec ?? {};
  return !spec?.nodeName && metadata.deletionTimestamp === undefined && schedulerName === "default-scheduler";
}

function findNode(pod: Pod, { api }: ControllerContext): string | { message: string } {
  const podsByNode = Map.groupBy(
    api.list(Pod).filter((other) => other.spec?.nodeName && !isPodFinished(other)),
    (other) => other.spec?.nodeName ?? "",
  );
  const nodes = api.list(Node).filter(({ metadata }) => metadata.deletionTimestamp === undefined);
  if (nodes.length === 0) return { message: "no nodes available to schedule pods" };
  const candidates = nodes.map((node) => ({ node, pods: podsByNode.get(node.metadata.name) ?? [] }));
  const reasons = new Map<string, number>();
  const fitting = candidates.filter((candidate) => {
    const reason = whyNot(pod, candidate);
    if (reason !== undefined) reasons.set(reason, (reasons.get(reason) ?? 0) + 1);
    return reason === undefined;
  });
  const [best] = fitting.sort((a, b) => a.pods.length - b.pods.length);
  if (best) return best.node.metadata.name;
  const list = [...reasons]
    .map(([reason, count]) => `${count} ${reason}`)
    .sort()
    .join(", ");
  return { message: `0/${nodes.length} nodes are available: ${list}.` };
}

function bind(pod: Pod, nodeName: string, { api, events }: ControllerContext): undefined {
  const isBound = unlessGone(() => api.bindPod(keyOf(pod), nodeName));
  if (!isBound) return;
  events.record(pod, { reason: "Scheduled", message: `Successfully assigned ${formatKey(keyOf(pod))} to ${nodeName}` });
}

/** Says once why a pod is not scheduled: the condition changes only with its reason or text. */
function note(pod: Pod, { reason, message }: { reason: string; message: string }, context: ControllerContext): void {
  const conditions = pod.status?.conditions ?? [];
  const previous = conditions.find(({ type }) => type === "PodScheduled");
  if (previous?.reason === reason && previous.message === message) return;
  if (reason === "Unschedulable") context.events.record(pod, { type: "Warning", reason: "FailedScheduling", message });
  const { generation } = pod.metadata;
  const condition: PodCondition = {
    type: "PodScheduled",
    status: "False",
    reason,
    message,
    lastTransitionTime: previous?.status === "False" ? previous.lastTransitionTime : rfc3339Seconds(context.now()),
    ...(generation !== undefined && { observedGeneration: generation }),
  };
  const status = {
    ...pod.status,
    conditions: [...conditions.filter(({ type }) => type !== "PodScheduled"), condition],
  };
  unlessGone(() => context.api.update(Pod, { ...pod, status }, { subresource: "status" }));
}

function unlessBound(pod: Pod) {
  return pod.spec?.nodeName ? [] : [keyOf(pod)];
}

/** Pods that wait are tried again when a node changes; a heartbeat is a Lease and does not count. */
function unboundPods(_node: Node, { api }: ControllerContext) {
  return api
    .list(Pod)
    .filter((pod) => !pod.spec?.nodeName)
    .map(keyOf);
}
