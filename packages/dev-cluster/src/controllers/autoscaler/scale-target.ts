import type { KubeObject, ResourceType } from "@moorage/kube-types";
import { CustomResourceDefinition } from "@moorage/kube-types/apiextensions-v1";
import type { CrossVersionObjectReference } from "@moorage/kube-types/autoscaling-v2";
import type { ControllerContext } from "../runtime/controller.ts";

/** An object whose number of replicas can be changed. */
export interface ScaleTarget {
  /** What `spec` says; 1 when it says nothing. */
  specReplicas: number;
  /** What `status` counts. */
  statusReplicas: number;
  scale(replicas: number): void;
}

/** Finds what an autoscaler names, or says why it cannot be scaled. */
export function findScaleTarget(
  { apiVersion = "apps/v1", kind, name }: CrossVersionObjectReference,
  namespace: string,
  { api }: ControllerContext,
): ScaleTarget | { error: string } {
  const group = apiVersion.includes("/") ? apiVersion.slice(0, apiVersion.indexOf("/")) : "";
  const type = api.resourceTypes().find((candidate) => candidate.kind === kind && candidate.group === group);
  if (!type) return { error: `no matches for kind "${kind}" in group "${group}"` };
  const object = api.get(type, { namespace, name });
  if (!object) return { error: `${type.plural}.${group} "${name}" not found` };
  const paths = scalePaths(type, api);
  if (!paths) return { error: `${type.plural}.${group} "${name}" has no scale subresource` };
  return {
    specReplicas: numberAt(object, paths.spec) ?? 1,
    statusReplicas: numberAt(object, paths.status) ?? 0,
    scale: (replicas) => api.update(type, withNumberAt(object, paths.spec, replicas)),
  };
}

interface Paths {
  spec: readonly string[];
  status: readonly string[];
}

const scalableKinds = new Set(["apps/Deployment", "apps/ReplicaSet", "apps/StatefulSet", "/ReplicationController"]);

/** Custom kinds say themselves where their replicas are. */
function scalePaths({ group, kind, plural, version }: ResourceType, api: ControllerContext["api"]): Paths | undefined {
  if (scalableKinds.has(`${group}/${kind}`)) return { spec: ["spec", "replicas"], status: ["status", "replicas"] };
  const definition = api.get(CustomResourceDefinition, { name: `${plural}.${group}` });
  const scale = definition?.spec.versions.find(({ name }) => name === version)?.subresources?.scale;
  return scale && { spec: split(scale.specReplicasPath), status: split(scale.statusReplicasPath) };
}

function split(path: string): string[] {
  return path.split(".").filter((part) => part !== "");
}

function numberAt(object: KubeObject, path: readonly string[]): number | undefined {
  let value: unknown = object;
  for (const part of path) value = isRecord(value) ? value[part] : undefined;
  return typeof value === "number" ? value : undefined;
}

function withNumberAt<T extends object>(object: T, [first = "", ...rest]: readonly string[], value: number): T {
  const inner: unknown = Object.entries(object).find(([key]) => key === first)?.[1];
  return { ...object, [first]: rest.length === 0 ? value : withNumberAt(isRecord(inner) ? inner : {}, rest, value) };
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}
