import { rfc3339Seconds } from "@moorage/kube-types";
import { Node, Pod } from "@moorage/kube-types/core-v1";
import type { ClusterApi } from "../../cluster-api.ts";
import { unlessGone } from "../runtime/api-errors.ts";
import { type BuiltInController, type ControllerContext, keyOf, watch } from "../runtime/controller.ts";
import { isPodFinished } from "../runtime/pod-state.ts";

/** Source: the pod garbage collector waits this long for a node to come back. */
const quarantineMs = 40_000;

/** Since when each missing node has been missed, by cluster. Kept in memory: a restart gives it its time again. */
const missed = new WeakMap<ClusterApi, Map<string, number>>();

/** Deletes pods that no node will ever end: those of a node that is gone. */
export const podCleanupController: BuiltInController = {
  name: "PodCleanup",
  watches: [watch(Pod, (pod) => (pod.spec?.nodeName ? [keyOf(pod)] : [])), watch(Node, podsOfNode)],

  reconcile(key, context) {
    const pod = context.api.get(Pod, key);
    const nodeName = pod?.spec?.nodeName;
    if (!pod || !nodeName) return undefined;
    const leftMs = msUntilGivenUp(nodeName, context);
    if (leftMs === undefined) return undefined;
    if (leftMs > 0) return { afterMs: leftMs };
    if (!isPodFinished(pod)) markFailed(pod, context);
    unlessGone(() => context.api.delete(Pod, key, { gracePeriodSeconds: 0 }));
    return undefined;
  },
};

/** `undefined` while the node is there. */
function msUntilGivenUp(nodeName: string, { api, now }: ControllerContext): number | undefined {
  const since = missed.get(api) ?? new Map<string, number>();
  missed.set(api, since);
  if (api.get(Node, { name: nodeName })) {
    since.delete(nodeName);
    return undefined;
  }
  const firstMs = since.get(nodeName) ?? now().getTime();
  since.set(nodeName, firstMs);
  return Math.max(0, firstMs + quarantineMs - now().getTime());
}

/** The last state that watchers see, and Jobs count. */
function markFailed(pod: Pod, { api, now }: ControllerContext): void {
  const condition = {
    type: "DisruptionTarget",
    status: "True",
    reason: "DeletionByPodGC",
    message: "PodGC: node no longer exists",
    lastTransitionTime: rfc3339Seconds(now()),
  };
  const others = pod.status?.conditions?.filter(({ type }) => type !== condition.type) ?? [];
  const status = { ...pod.status, phase: "Failed", conditions: [...others, condition] };
  unlessGone(() => api.update(Pod, { ...pod, status }, { subresource: "status" }));
}

function podsOfNode({ metadata: { name } }: Node, { api }: ControllerContext) {
  return api
    .list(Pod)
    .filter(({ spec }) => spec?.nodeName === name)
    .map(keyOf);
}
