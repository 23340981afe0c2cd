import type { PodSpec } from "@moorage/kube-types/core-v1";

/** The names of the ConfigMaps and Secrets whose content a pod uses, without telling the two apart: a look too many does no harm. */
export function referencedNames({ volumes = [], containers, initContainers = [] }: PodSpec): ReadonlySet<string> {
  const ofVolumes = volumes.flatMap(({ configMap, secret, projected }) => [
    configMap?.name,
    secret?.secretName,
    ...(projected?.sources ?? []).flatMap((source) => [source.configMap?.name, source.secret?.name]),
  ]);
  const ofContainers = [...initContainers, ...containers].flatMap(({ env = [], envFrom = [] }) => [
    ...env.flatMap(({ valueFrom }) => [valueFrom?.configMapKeyRef?.name, valueFrom?.secretKeyRef?.name]),
    ...envFrom.flatMap(({ configMapRef, secretRef }) => [configMapRef?.name, secretRef?.name]),
  ]);
  return new Set([...ofVolumes, ...ofContainers].filter((name) => name !== undefined));
}
