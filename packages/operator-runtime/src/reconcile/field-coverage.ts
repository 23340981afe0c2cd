import { isRecord } from "../json.ts";

/**
 * Whether a manager still owns everything it applied: every field of `desired` is in its `fieldsV1`.
 *
 * An update that changes a field takes it away from the manager that applied it (that is how the server tracks
 * ownership), so a lost field means drift. Values are not compared: the server may have written `1000m` as `1`.
 * Source: structured-merge-diff's field sets; kubernetes.io/docs/reference/using-api/server-side-apply.
 */
export function ownsFields(fieldsV1: unknown, desired: unknown): boolean {
  if (!isRecord(fieldsV1)) return false;
  // A leaf of the set is owned whole, whatever is below it: a scalar, or an atomic list or map.
  if (Object.keys(fieldsV1).length === 0) return true;
  if (Array.isArray(desired)) return desired.every((item) => ownsItem(fieldsV1, item));
  if (!isRecord(desired)) return true;
  return Object.keys(desired).every((field) => {
    const value = desired[field];
    if (value === undefined || value === null) return true;
    const owned = fieldsV1[ownedName(field)];
    return owned !== undefined && ownsFields(owned, value);
  });
}

/** Fields' names as sets have them. A text that was just put together is slow to look up: half of the time went there. */
const ownedNames = new Map<string, string>();
const maxNames = 2_000;

function ownedName(field: string): string {
  const known = ownedNames.get(field);
  if (known !== undefined) return known;
  const name = `f:${field}`;
  if (ownedNames.size < maxNames) ownedNames.set(field, name);
  return name;
}

/** Identity fields are given with every apply and owned by nobody. */
const identity = new Set(["name", "namespace", "uid", "resourceVersion", "generateName", "managedFields"]);

/** The part of an object that field ownership is tracked for. */
export function ownableFields(object: object): Record<string, unknown> {
  const fields: Record<string, unknown> = { ...object };
  delete fields["apiVersion"];
  delete fields["kind"];
  const metadata = isRecord(fields["metadata"]) ? fields["metadata"] : {};
  fields["metadata"] = Object.fromEntries(Object.entries(metadata).filter(([field]) => !identity.has(field)));
  return fields;
}

/** A list item is known by its keys (`k:{"name":"web"}`), its value (`v:"a"`) or its place (`i:0`). */
function ownsItem(fieldsV1: Record<string, unknown>, item: unknown): boolean {
  const entries = Object.entries(fieldsV1);
  if (!isRecord(item)) {
    const value = `v:${JSON.stringify(item)}`;
    return entries.some(([key]) => key === value || key.startsWith("i:"));
  }
  return entries.some(([key, owned]) => key.startsWith("k:") && hasKeys(item, key.slice(2)) && ownsFields(owned, item));
}

/** A key that the item does not give (a port's protocol) was defaulted by the server. */
function hasKeys(item: Record<string, unknown>, text: string): boolean {
  const keys: unknown = JSON.parse(text);
  return isRecord(keys) && Object.entries(keys).every(([key, value]) => item[key] === undefined || item[key] === value);
}
