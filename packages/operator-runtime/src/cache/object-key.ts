import type { ObjectKey } from "@moorage/kube-client";
import type { ResourceType } from "@moorage/kube-types";

/** The text form of a key: `default/web`, or `web` for cluster-scoped kinds. */
export function keyText(key: ObjectKey): string {
  return key.namespace ? `${key.namespace}/${key.name}` : key.name;
}

/** The key of a text form. Names hold no slash. */
export function parseKey(text: string): ObjectKey {
  const slash = text.indexOf("/");
  return slash === -1 ? { name: text } : { namespace: text.slice(0, slash), name: text.slice(slash + 1) };
}

/** What tells kinds apart: `apps/v1/deployments`. */
export function typeText(type: ResourceType): string {
  return `${type.group}/${type.version}/${type.plural}`;
}
