import type { Catalog } from "../registry/catalog.ts";
import type { GroupVersionKind, ResourceInfo } from "../registry/resource-info.ts";

const aggregatedType = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList";

interface Version {
  version: string;
  resources: ResourceInfo[];
}

/** The groups in the catalog's order, each with its versions; the preferred version comes first. */
function groupsOf(catalog: Catalog): Map<string, Version[]> {
  const groups = new Map<string, Version[]>();
  for (const info of catalog.list()) {
    const versions = groups.get(info.group) ?? [];
    groups.set(info.group, versions);
    const version = versions.find((known) => known.version === info.version);
    if (version) version.resources.push(info);
    else versions.push({ version: info.version, resources: [info] });
  }
  for (const [group, versions] of groups)
    if (catalog.isCustomGroup(group)) versions.sort((a, b) => compareVersions(a.version, b.version));
  return groups;
}

/** Orders versions by stability, then by number, newest first. Source: `version.CompareKubeAwareVersionStrings`. */
export function compareVersions(left: string, right: string): number {
  const [a, b] = [rankOf(left), rankOf(right)];
  if (!a || !b) return a ? -1 : b ? 1 : left < right ? -1 : 1;
  return b.stability - a.stability || b.major - a.major || b.minor - a.minor;
}

function rankOf(version: string): { stability: number; major: number; minor: number } | undefined {
  const match = /^v(\d+)(?:(alpha|beta)(\d+))?$/.exec(version);
  if (!match) return undefined;
  const stability = match[2] === undefined ? 2 : match[2] === "beta" ? 1 : 0;
  return { stability, major: Number(match[1]), minor: Number(match[3] ?? 0) };
}

/** `/api` or `/apis` in aggregated form. */
export function aggregatedDiscovery(catalog: Catalog, root: "/api" | "/apis"): { body: unknown; contentType: string } {
  const groups = [...groupsOf(catalog)].filter(([group]) => (group === "") === (root === "/api"));
  const items = groups.map(([group, versions]) => ({
    metadata: group === "" ? {} : { name: group },
    versions: versions.map(({ version, resources }) => ({
      version,
      resources: resources.map(aggregatedResource),
      freshness: "Current",
    })),
  }));
  return {
    body: { kind: "APIGroupDiscoveryList", apiVersion: "apidiscovery.k8s.io/v2", metadata: {}, items },
    contentType: aggregatedType,
  };
}

function aggregatedResource(info: ResourceInfo): unknown {
  const subresources = [...info.subresources.values()].map((sub) => ({
    subresource: sub.name,
    responseKind: responseKind(sub, info),
    verbs: sub.verbs,
  }));
  return {
    resource: info.plural,
    responseKind: responseKind(info, info),
    scope: info.namespaced ? "Namespaced" : "Cluster",
    singularResource: info.singular,
    verbs: info.verbs,
    ...(info.shortNames.length > 0 ? { shortNames: info.shortNames } : {}),
    ...(info.categories.length > 0 ? { categories: info.categories } : {}),
    ...(subresources.length > 0 ? { subresources } : {}),
  };
}

/** Group and version of built-in kinds are told only where they are not those of the list. */
function responseKind({ group, version, kind }: GroupVersionKind, of: ResourceInfo): GroupVersionKind {
  const isOwn = group === of.group && version === of.version;
  return isOwn && !of.custom ? { group: "", version: "", kind } : { group, version, kind };
}

/** `/api` in plain form. */
export function apiVersions(serverAddress: string): unknown {
  return {
    kind: "APIVersions",
    versions: ["v1"],
    serverAddressByClientCIDRs: [{ clientCIDR: "0.0.0.0/0", serverAddress }],
  };
}

/** `/apis` in plain form. */
export function apiGroupList(catalog: Catalog): unknown {
  const groups = [...groupsOf(catalog)]
    .filter(([group]) => group !== "")
    .map(([group, versions]) => groupEntry(group, versions));
  return { kind: "APIGroupList", apiVersion: "v1", groups };
}

/** `/apis/GROUP`, or undefined for a group that is not served. */
export function apiGroup(catalog: Catalog, group: string): unknown {
  const versions = groupsOf(catalog).get(group);
  return versions && { kind: "APIGroup", apiVersion: "v1", ...groupEntry(group, versions) };
}

function groupEntry(group: string, versions: readonly Version[]): object {
  const entries = versions.map(({ version }) => ({ groupVersion: `${group}/${version}`, version }));
  return { name: group, versions: entries, preferredVersion: entries[0] };
}

/** `/api/v1` or `/apis/GROUP/VERSION`, or undefined for a version that is not served. */
export function apiResourceList(catalog: Catalog, group: string, version: string): unknown {
  const resources = catalog.list().filter((info) => info.group === group && info.version === version);
  if (resources.length === 0) return undefined;
  return {
    kind: "APIResourceList",
    apiVersion: "v1",
    groupVersion: group === "" ? version : `${group}/${version}`,
    resources: resources.flatMap(plainResources),
  };
}

function plainResources(info: ResourceInfo): unknown[] {
  const own = {
    name: info.plural,
    singularName: info.singular,
    namespaced: info.namespaced,
    kind: info.kind,
    verbs: info.verbs,
    ...(info.shortNames.length > 0 ? { shortNames: info.shortNames } : {}),
    ...(info.categories.length > 0 ? { categories: info.categories } : {}),
  };
  const below = [...info.subresources.values()].map(({ name, group, version, kind, verbs }) => ({
    name: `${info.plural}/${name}`,
    singularName: "",
    namespaced: info.namespaced,
    ...(group === info.group && version === info.version ? {} : { group, version }),
    kind,
    verbs,
  }));
  return [own, ...below];
}
