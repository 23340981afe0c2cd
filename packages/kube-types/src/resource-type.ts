import type { ListMeta, ObjectMeta } from "./meta.ts";

/** Any object that the API server stores. Plain JSON: times are RFC 3339 strings, quantities strings. */
export interface KubeObject {
  apiVersion: string;
  kind: string;
  metadata: ObjectMeta;
}

/** A page of objects. */
export interface KubeList<T extends KubeObject = KubeObject> {
  apiVersion: string;
  kind: string;
  metadata: ListMeta;
  items: T[];
}

/**
 * What one has to know of a kind to reach it through the API: the REST mapping of one version.
 * The type parameter says how its objects look; nothing of it exists at run time.
 */
export interface ResourceType<T extends KubeObject = KubeObject> {
  /** Empty for the core group. */
  readonly group: string;
  readonly version: string;
  readonly kind: string;
  /** The resource's name in URLs, for example `deployments`. */
  readonly plural: string;
  readonly namespaced: boolean;
  /** Never set. It ties `T` to the value so that the compiler can infer it. */
  readonly example?: T;
}

/** The `apiVersion` of a kind: `v1`, `apps/v1`. */
export function apiVersionOf(type: { group: string; version: string }): string {
  return type.group === "" ? type.version : `${type.group}/${type.version}`;
}

/** `deployments.apps`, `pods`: the name that the API server uses for a resource in messages. */
export function groupResourceOf(type: { group: string; plural: string }): string {
  return type.group === "" ? type.plural : `${type.plural}.${type.group}`;
}
