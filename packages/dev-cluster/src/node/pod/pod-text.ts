import type { Container, Pod } from "@moorage/kube-types/core-v1";

/** `web_default(1234-…)`: how kubelet names a pod in its messages. */
export function podText({ metadata: { name, namespace, uid } }: Pod): string {
  return `${name}_${namespace}(${uid})`;
}

/** All containers that the node runs, init containers first. */
export function allContainers({ spec }: Pod): Container[] {
  return [...(spec?.initContainers ?? []), ...(spec?.containers ?? [])];
}

/** An init container that keeps running beside the pod's containers. */
export function isSidecar({ restartPolicy }: Container): boolean {
  return restartPolicy === "Always";
}

/** `spec.containers{app}`: where in the pod an event belongs. */
export function containerFieldPath({ spec }: Pod, name: string): string {
  const isInit = spec?.initContainers?.some((container) => container.name === name) ?? false;
  return `spec.${isInit ? "initContainers" : "containers"}{${name}}`;
}
