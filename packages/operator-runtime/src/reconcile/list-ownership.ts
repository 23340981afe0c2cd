import type { ManagedFieldsEntry } from "@moorage/kube-types";
import { isRecord } from "../json.ts";
import { ownsFields } from "./field-coverage.ts";

/** The way to a field in `fieldsV1`: `["f:spec", "f:ports"]`. */
export type FieldPath = readonly string[];

type Fields = Record<string, unknown>;

/**
 * Lists of `desired` of which the manager does not own every item any more: somebody replaced or removed items.
 * Lists inside list items are found as well.
 */
export function lostLists(fieldsV1: unknown, desired: unknown, path: FieldPath = []): FieldPath[] {
  const owned = isRecord(fieldsV1) ? fieldsV1 : {};
  if (Array.isArray(desired)) {
    // Below an item that is lost there is nothing to look for: the whole list is taken back.
    return ownsFields(fieldsV1, desired) ? [] : [path];
  }
  if (!isRecord(desired)) return [];
  return Object.entries(desired).flatMap(([field, value]) =>
    value === undefined || value === null ? [] : lostLists(owned[`f:${field}`], value, [...path, `f:${field}`]),
  );
}

/**
 * Hands what other managers own of `paths` to `manager`, so that its next apply removes the items that it does not
 * want: server-side apply removes only what its manager owns, and an item that a hand edit put into a list
 * (`80` edited to `81`) would stay beside the corrected one.
 *
 * @returns undefined when nobody else owns anything there.
 */
export function takeOver(
  entries: readonly ManagedFieldsEntry[],
  manager: string,
  paths: readonly FieldPath[],
): ManagedFieldsEntry[] | undefined {
  const next = structuredClone([...entries]);
  const ours = next.find((entry) => entry.manager === manager && entry.operation === "Apply" && !entry.subresource);
  if (!ours || !isRecord(ours.fieldsV1)) return undefined;
  let taken = false;
  for (const entry of next) {
    if (entry === ours || entry.subresource || !isRecord(entry.fieldsV1)) continue;
    for (const path of paths) {
      const part = cut(entry.fieldsV1, path);
      if (part === undefined) continue;
      graft(ours.fieldsV1, path, part);
      taken = true;
    }
  }
  return taken ? next.filter((entry) => isRecord(entry.fieldsV1) && Object.keys(entry.fieldsV1).length > 0) : undefined;
}

/** Takes the field at `path` out of `fields`, and what is empty then. */
function cut(fields: Fields, path: FieldPath): unknown {
  const [head, ...rest] = path;
  if (head === undefined) return undefined;
  const below = fields[head];
  if (rest.length === 0) {
    delete fields[head];
    return below;
  }
  if (!isRecord(below)) return undefined;
  const part = cut(below, rest);
  if (part !== undefined && Object.keys(below).length === 0) delete fields[head];
  return part;
}

/** Adds `part` to what `fields` has at `path`. */
function graft(fields: Fields, path: FieldPath, part: unknown): void {
  const [head, ...rest] = path;
  if (head === undefined) return;
  if (rest.length === 0) {
    fields[head] = union(fields[head], part);
    return;
  }
  const below = isRecord(fields[head]) ? fields[head] : {};
  fields[head] = below;
  graft(below, rest, part);
}

function union(a: unknown, b: unknown): unknown {
  if (!isRecord(a)) return b;
  if (!isRecord(b)) return a;
  const merged: Fields = { ...a };
  for (const [key, value] of Object.entries(b)) merged[key] = union(merged[key], value);
  return merged;
}
