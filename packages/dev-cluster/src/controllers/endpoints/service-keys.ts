import { matchesLabels } from "@moorage/kube-types";
import { type Pod, Service } from "@moorage/kube-types/core-v1";
import type { ObjectKey } from "../../cluster-api.ts";
import { type ControllerContext, keyOf } from "../runtime/controller.ts";
import { inNamespaceOf } from "../runtime/owned-pods.ts";

/** The Services that select a pod. */
export function servicesSelecting(pod: Pod, { api }: ControllerContext): ObjectKey[] {
  return api
    .list(Service, inNamespaceOf(pod))
    .filter(({ spec }) => spec?.selector !== undefined && matchesLabels(spec.selector, pod.metadata.labels))
    .map(keyOf);
}
