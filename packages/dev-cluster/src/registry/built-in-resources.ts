import { apiVersionOf } from "@moorage/kube-types";
import { builtInSchema } from "../openapi/compile-schema.ts";
import { type DiscoveredGroup, type DiscoveredResource, discoveredGroups } from "../openapi/documents.ts";
import type { TypeSchema } from "../schema/type-schema.ts";
import type { ResourceInfo, SubresourceInfo } from "./resource-info.ts";

/** Kinds that two groups serve and one collection holds: which group's objects are stored. */
const sharedStorage: Readonly<Record<string, { storage: string; apiVersion: string }>> = {
  "events.events.k8s.io": { storage: "events", apiVersion: "v1" },
};

/** Every built-in resource of every served version. */
export function builtInResources(): ResourceInfo[] {
  return discoveredGroups().flatMap((group) =>
    group.versions.flatMap(({ version, resources }) => resources.map((resource) => builtIn(group, version, resource))),
  );
}

function builtIn(group: DiscoveredGroup, version: string, resource: DiscoveredResource): ResourceInfo {
  const groupName = group.metadata.name ?? "";
  const { kind } = resource.responseKind;
  const ownStorage = groupName === "" ? resource.resource : `${resource.resource}.${groupName}`;
  const preferred = group.versions[0]?.version ?? version;
  const shared = sharedStorage[ownStorage];
  let schema: TypeSchema | undefined;
  return {
    group: groupName,
    version,
    kind,
    plural: resource.resource,
    namespaced: resource.scope === "Namespaced",
    singular: resource.singularResource,
    listKind: `${kind}List`,
    shortNames: resource.shortNames ?? [],
    categories: resource.categories ?? [],
    verbs: resource.verbs,
    subresources: new Map(subresources(groupName, version, resource).map((sub) => [sub.name, sub])),
    storage: shared?.storage ?? ownStorage,
    storageApiVersion: shared?.apiVersion ?? apiVersionOf({ group: groupName, version: preferred }),
    get schema() {
      schema ??= builtInSchema(groupName, version, { group: groupName, version, kind });
      return schema;
    },
  };
}

function subresources(group: string, version: string, resource: DiscoveredResource): SubresourceInfo[] {
  return (resource.subresources ?? []).map((sub) => ({
    name: sub.subresource,
    group: sub.responseKind.group || group,
    version: sub.responseKind.version || version,
    kind: sub.responseKind.kind,
    verbs: sub.verbs,
  }));
}
