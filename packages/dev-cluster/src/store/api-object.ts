import type { KubeObject } from "@moorage/kube-types";

/** A JSON object whose fields nobody has looked at yet. */
export type Fields = Record<string, unknown>;

/** Any stored or received object: typed metadata, the rest as it came. */
export type ApiObject = KubeObject & Fields;

/** Whether `value` is a JSON object (not an array, not null). */
export function isFields(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Whether `value` is a list of strings. */
export function isStrings(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((item) => typeof item === "string");
}

/** Whether `value` has the three parts that every object has; the contents of `metadata` are checked by its schema. */
export function isApiObject(value: unknown): value is ApiObject {
  return (
    isFields(value) &&
    typeof value["apiVersion"] === "string" &&
    typeof value["kind"] === "string" &&
    isFields(value["metadata"])
  );
}

/** What lies at `path` below `value`; undefined where any step is missing. */
export function valueAt(value: unknown, ...path: readonly string[]): unknown {
  let current = value;
  for (const step of path) {
    if (!isFields(current)) return undefined;
    current = current[step];
  }
  return current;
}

/** The object at `path`, or undefined where there is none. */
export function fieldsAt(value: unknown, ...path: readonly string[]): Fields | undefined {
  const found = valueAt(value, ...path);
  return isFields(found) ? found : undefined;
}

/** The list at `path`; empty where there is none. */
export function listAt(value: unknown, ...path: readonly string[]): unknown[] {
  const found = valueAt(value, ...path);
  return Array.isArray(found) ? found : [];
}

/** The string at `path`, or undefined where there is none. */
export function stringAt(value: unknown, ...path: readonly string[]): string | undefined {
  const found = valueAt(value, ...path);
  return typeof found === "string" ? found : undefined;
}

/** The object at `field` of `parent`, made empty first where there is none. */
export function ensureFields(parent: Fields, field: string): Fields {
  const present = parent[field];
  if (isFields(present)) return present;
  const made: Fields = {};
  parent[field] = made;
  return made;
}
