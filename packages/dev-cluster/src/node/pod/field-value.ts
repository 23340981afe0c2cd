import { parseQuantity } from "@moorage/kube-types";
import type { Container, ObjectFieldSelector, Pod, ResourceFieldSelector } from "@moorage/kube-types/core-v1";

/** What of a pod is only known on the node. */
export interface NodeFacts {
  podIP: string;
  hostIP: string;
  nodeName: string;
  /** What `limits.cpu` and `limits.memory` mean for a container without a limit. */
  allocatable: Readonly<Record<string, string>>;
}

/** The value of a downward API field, or `undefined` for a field that there is none of. Source: `fieldpath.ExtractFieldPathAsString`. */
export function fieldValue(pod: Pod, { fieldPath }: ObjectFieldSelector, facts: NodeFacts): string | undefined {
  const { metadata, spec } = pod;
  const subscript = /^metadata\.(labels|annotations)\['(.+)'\]$/.exec(fieldPath);
  if (subscript) {
    const [, map, key = ""] = subscript;
    return (map === "labels" ? metadata.labels : metadata.annotations)?.[key] ?? "";
  }
  const values: Record<string, string | undefined> = {
    "metadata.name": metadata.name,
    "metadata.namespace": metadata.namespace,
    "metadata.uid": metadata.uid,
    "metadata.labels": formatMap(metadata.labels),
    "metadata.annotations": formatMap(metadata.annotations),
    "spec.nodeName": facts.nodeName,
    "spec.serviceAccountName": spec?.serviceAccountName ?? "default",
    "status.podIP": facts.podIP,
    "status.podIPs": facts.podIP,
    "status.hostIP": facts.hostIP,
    "status.hostIPs": facts.hostIP,
  };
  return values[fieldPath];
}

/** The value of a resource field in units of its divisor, rounded up. Source: `resource.ExtractContainerResourceValue`. */
export function resourceValue(
  containers: readonly Container[],
  { containerName, resource, divisor = "1" }: ResourceFieldSelector,
  { current, facts }: { current: string; facts: NodeFacts },
): string {
  const container = containers.find(({ name }) => name === (containerName || current));
  const [kind = "", name = ""] = splitOnce(resource);
  const { limits, requests } = container?.resources ?? {};
  const amount = kind === "limits" ? (limits?.[name] ?? facts.allocatable[name]) : requests?.[name];
  const unit = parseQuantity(divisor) || 1;
  return String(Math.ceil(parseQuantity(amount ?? 0) / unit));
}

function splitOnce(text: string): [string, string] {
  const dot = text.indexOf(".");
  return [text.slice(0, dot), text.slice(dot + 1)];
}

/** One `key="value"` a line, sorted, as files of a downward API volume hold them. */
function formatMap(map: Record<string, string> = {}): string {
  return Object.entries(map)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, value]) => `${key}=${JSON.stringify(value)}`)
    .join("\n");
}
