import { type Fields, isFields } from "../../store/api-object.ts";

/** Sets each field of `parent` that is absent or null. */
export function setDefaults(parent: Fields, defaults: Fields): void {
  for (const [key, value] of Object.entries(defaults)) {
    if (parent[key] === undefined || parent[key] === null) parent[key] = value;
  }
}

/** The objects in the list at `key`; anything else in it is left to validation. */
export function itemsOf(parent: Fields, key: string): Fields[] {
  const list = parent[key];
  return Array.isArray(list) ? list.filter(isFields) : [];
}

/** Calls `change` with the object at `key`, if there is one. */
export function within(parent: Fields, key: string, change: (child: Fields) => void): void {
  const child = parent[key];
  if (isFields(child)) change(child);
}
