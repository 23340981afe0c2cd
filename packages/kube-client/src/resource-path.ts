import { apiVersionOf, type ResourceType } from "@moorage/kube-types";

/** Which object of a kind. `namespace` is absent for cluster-scoped kinds. */
export interface ObjectKey {
  namespace?: string | undefined;
  name: string;
}

interface Place {
  namespace?: string | undefined;
  name?: string | undefined;
  /** `status`, `scale`, `token`, `log` … */
  subresource?: string | undefined;
}

/**
 * The URL path of a collection, an object or a subresource: `/apis/apps/v1/namespaces/default/deployments/web`.
 *
 * Without `namespace` a namespaced kind's path names the collection in all namespaces.
 * @throws Error when an object of a namespaced kind is named without its namespace.
 */
export function resourcePath(type: ResourceType, place: Place = {}): string {
  const { namespace, name, subresource } = place;
  if (type.namespaced && name !== undefined && !namespace) {
    throw new Error(`Cannot address ${type.kind} "${name}": it is namespaced, so give its namespace`);
  }
  const root = type.group === "" ? `/api/${type.version}` : `/apis/${apiVersionOf(type)}`;
  const scope = type.namespaced && namespace ? `/namespaces/${encodeURIComponent(namespace)}` : "";
  const object = name === undefined ? "" : `/${encodeURIComponent(name)}`;
  return `${root}${scope}/${type.plural}${object}${subresource ? `/${subresource}` : ""}`;
}

/** How messages name an object: `Deployment "default/web"`. */
export function describeObject(
  type: ResourceType,
  key: { namespace?: string | undefined; name?: string | undefined },
): string {
  if (!key.name) return key.namespace ? `${type.plural} in namespace "${key.namespace}"` : type.plural;
  return `${type.kind} "${key.namespace ? `${key.namespace}/` : ""}${key.name}"`;
}
