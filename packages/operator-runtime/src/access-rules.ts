import { groupResourceOf, type ResourceType } from "@moorage/kube-types";
import { Event } from "@moorage/kube-types/events-v1";
import type { Controller } from "./controller.ts";
import type { Conversion } from "./webhook/conversion.ts";

/** A rule of a Role or ClusterRole. */
export interface AccessRule {
  apiGroups: string[];
  resources: string[];
  verbs: string[];
  /** Default: every object. */
  resourceNames?: string[];
}

/** What the cache needs of every kind. */
const read = ["list", "watch"];
/** A child whose list items somebody replaced is read from the server before they are taken back. */
const keep = ["get", ...read, "create", "patch", "delete"];

/**
 * The least access that an operator needs to run `controllers`: what they reconcile, own and watch, and no more. Make
 * roles of it instead of writing them by hand.
 *
 * *Caveats*: what a controller does by `cluster.client` is not known here, nor what other clusters have to grant. Leader
 * election and webhooks need more, in the operator's own namespace: see docs/writing-an-operator.md.
 */
export function accessRulesOf(
  controllers: readonly Pick<Controller, "for" | "owns" | "watches" | "finalize">[],
): AccessRule[] {
  const verbs = new Map<string, { type: Pick<ResourceType, "group" | "plural">; verbs: Set<string> }>();
  const grant = (type: Pick<ResourceType, "group" | "plural">, granted: readonly string[]) => {
    const key = `${type.group}/${type.plural}`;
    const entry = verbs.get(key) ?? { type, verbs: new Set<string>() };
    for (const verb of granted) entry.verbs.add(verb);
    verbs.set(key, entry);
  };
  for (const { for: own, owns, watches = [], finalize } of controllers) {
    // A finalizer is put on and taken off by a patch of the object itself.
    grant(own, finalize ? [...read, "patch"] : read);
    grant({ ...own, plural: `${own.plural}/status` }, ["patch"]);
    // A child's blockOwnerDeletion is only accepted from who may finalize the owner.
    if (owns.length > 0) grant({ ...own, plural: `${own.plural}/finalizers` }, ["update"]);
    for (const type of owns) grant(type, keep);
    for (const { type, cluster } of watches) if (!cluster) grant(type, read);
  }
  grant(Event, ["create", "patch"]);
  return [...verbs.values()]
    .map(({ type, verbs: granted }) => ({ apiGroups: [type.group], resources: [type.plural], verbs: [...granted] }))
    .toSorted((a, b) => keyOf(a).localeCompare(keyOf(b)));
}

/** The least access that conversions need to be registered: to the definitions of their kinds. None without one. */
export function conversionRulesOf(conversions: readonly Conversion[]): AccessRule[] {
  if (conversions.length === 0) return [];
  const resourceNames = conversions.map(({ hub }) => groupResourceOf(hub));
  const definitions = { apiGroups: ["apiextensions.k8s.io"], resources: ["customresourcedefinitions"] };
  return [{ ...definitions, resourceNames, verbs: ["get", "patch"] }];
}

function keyOf({ apiGroups, resources }: AccessRule): string {
  return `${apiGroups.join()}/${resources.join()}`;
}
