import type { ResourceType } from "@moorage/kube-types";
import { isRecord, list, record, text, texts } from "../config/fields.ts";

/** A resource type as the server describes it. */
export interface DiscoveredResource {
  type: ResourceType;
  /** Lower-case, for example `deployment`. */
  singular: string;
  shortNames: readonly string[];
  /** `all`, `mcp` … */
  categories: readonly string[];
  verbs: readonly string[];
  /** `status`, `scale`, `log` … */
  subresources: readonly string[];
}

/**
 * Reads an `APIGroupDiscoveryList` (aggregated discovery, v2 and v2beta1): groups and versions in the order in which
 * the server prefers them.
 */
export function readAggregated(document: unknown): DiscoveredResource[] {
  return list(isRecord(document) ? document : {}, "items")
    .filter(isRecord)
    .flatMap((group) => {
      const name = text(record(group, "metadata") ?? {}, "name") ?? "";
      return list(group, "versions")
        .filter(isRecord)
        .flatMap((version) => readVersion(name, version));
    });
}

function readVersion(group: string, entry: Record<string, unknown>): DiscoveredResource[] {
  const version = text(entry, "version") ?? "";
  return list(entry, "resources")
    .filter(isRecord)
    .flatMap((resource) => {
      const plural = text(resource, "resource");
      const responseKind = record(resource, "responseKind") ?? {};
      const kind = text(responseKind, "kind");
      // Names of resources that exist only as subresources of others come without a kind.
      if (!plural || !kind) return [];
      return {
        type: { group, version, kind, plural, namespaced: text(resource, "scope") === "Namespaced" },
        singular: text(resource, "singularResource") ?? kind.toLowerCase(),
        shortNames: texts(resource, "shortNames"),
        categories: texts(resource, "categories"),
        verbs: texts(resource, "verbs"),
        subresources: list(resource, "subresources")
          .filter(isRecord)
          .map((sub) => text(sub, "subresource") ?? ""),
      };
    });
}

/** Reads an `APIResourceList`: one version of one group, as every server gives it. */
export function readResourceList(group: string, version: string, document: unknown): DiscoveredResource[] {
  const entries = list(isRecord(document) ? document : {}, "resources").filter(isRecord);
  const names = entries.map((entry) => text(entry, "name") ?? "");
  return entries.flatMap((entry) => {
    const plural = text(entry, "name") ?? "";
    const kind = text(entry, "kind") ?? "";
    if (plural === "" || plural.includes("/")) return [];
    return {
      type: { group, version, kind, plural, namespaced: entry["namespaced"] === true },
      singular: text(entry, "singularName") ?? kind.toLowerCase(),
      shortNames: texts(entry, "shortNames"),
      categories: texts(entry, "categories"),
      verbs: texts(entry, "verbs"),
      subresources: names.filter((name) => name.startsWith(`${plural}/`)).map((name) => name.slice(plural.length + 1)),
    };
  });
}
