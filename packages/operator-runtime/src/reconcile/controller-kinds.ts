import type { ResourceType } from "@moorage/kube-types";
import type { Cache } from "../cache/cache.ts";
import type { Filter } from "../cache/informer.ts";
import { typeText } from "../cache/object-key.ts";
import type { Controller } from "../controller.ts";

/** One watch of a controller: a kind, or a part of it. */
export interface ReadKind {
  type: ResourceType;
  /** Absent: the whole kind, with the watch that all controllers share. */
  filter: Filter | undefined;
  optional: boolean;
  metadataOnly: boolean;
}

/** What a controller reads in the manager's own cluster, each watch once. */
export function kindsOf(controller: Controller): ReadKind[] {
  const { for: own, owns, optional = [], metadataOnly = [] } = controller;
  const isIn = (types: readonly ResourceType[], type: ResourceType) =>
    types.some((one) => typeText(one) === typeText(type));
  const whole = [own, ...owns].map((type) => ({ type, filter: undefined }));
  const watches = (controller.watches ?? []).filter(({ cluster }) => cluster === undefined);
  const kinds = [...whole, ...watches].map(({ type, filter }) => ({
    type,
    filter: isNarrow(filter) ? filter : undefined,
    optional: isIn(optional, type),
    metadataOnly: isIn(metadataOnly, type),
  }));
  return [...new Map(kinds.map((kind) => [`${typeText(kind.type)} ${JSON.stringify(kind.filter)}`, kind])).values()];
}

function isNarrow(filter: Filter | undefined): boolean {
  return Object.values(filter ?? {}).some(Boolean);
}

/**
 * Makes the caches hold what a controller reads.
 * @throws Error for a list that names a kind that it does not read, and for a filter of what another cluster has.
 */
export function declareKinds(controller: Controller, cache: Cache): void {
  const kinds = kindsOf(controller);
  for (const field of ["optional", "metadataOnly"] as const) {
    const stray = controller[field]?.find((type) => !kinds.some((kind) => typeText(kind.type) === typeText(type)));
    if (stray) {
      throw new Error(
        `Cannot add controller "${controller.name}": "${field}" names ${stray.kind}, which is neither in "owns" nor in "watches"`,
      );
    }
  }
  for (const { type, ...needs } of kinds) cache.declare(type, needs);
  declareRemoteKinds(controller);
  for (const index of controller.indexes ?? []) {
    const indexed = kinds.filter(({ type }) => typeText(type) === typeText(index.type));
    if (indexed.length === 0) cache.declare(index.type);
    for (const { filter } of indexed.length === 0 ? [{ filter: undefined }] : indexed) cache.addIndex(index, filter);
  }
}

function declareRemoteKinds({ name, watches = [] }: Controller): void {
  for (const { type, cluster, filter } of watches) {
    if (!cluster) continue;
    if (isNarrow(filter)) {
      throw new Error(
        `Cannot add controller "${name}": its watch of ${type.kind} in cluster "${cluster.name}" has a filter; use "scopes" of addCluster()`,
      );
    }
    cluster.cache.declare(type);
  }
}
