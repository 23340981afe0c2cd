import { findControllerOf } from "@moorage/kube-types";
import { Pod } from "@moorage/kube-types/core-v1";
import type { ObjectKey } from "../../cluster-api.ts";
import { unlessGone } from "../runtime/api-errors.ts";
import type { ControllerContext } from "../runtime/controller.ts";

/** Keeps a pod of a Job until the Job's status counts it. */
export const jobTracking = "batch.kubernetes.io/job-tracking";

/** The pods of a Job that may be gone. */
export function podsNamedAfter({ namespace, name }: ObjectKey, { api }: ControllerContext): Pod[] {
  return api.list(Pod, namespace === undefined ? {} : { namespace }).filter((pod) => {
    const controller = findControllerOf(pod);
    return controller?.kind === "Job" && controller.name === name;
  });
}

/** Lets pods go that no Job will count any more. */
export function releasePods(pods: readonly Pod[], { api }: ControllerContext): void {
  for (const pod of pods) {
    const { finalizers = [] } = pod.metadata;
    if (!finalizers.includes(jobTracking)) continue;
    const rest = finalizers.filter((finalizer) => finalizer !== jobTracking);
    unlessGone(() => api.update(Pod, { ...pod, metadata: { ...pod.metadata, finalizers: rest } }));
  }
}
