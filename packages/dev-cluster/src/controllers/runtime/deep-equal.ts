import { isDeepStrictEqual } from "node:util";

/** Equality of two values as JSON: a field that is absent and one that is `undefined` are the same. */
export function equalsAsJson(left: unknown, right: unknown): boolean {
  return isDeepStrictEqual(left, right) || canonicalJson(left) === canonicalJson(right);
}

/** JSON with sorted keys and without empty fields: equal values give equal text. */
export function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_key, part: unknown) => (isRecord(part) ? sorted(part) : part)) ?? "null";
}

function sorted(record: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(record)
      .filter(([, part]) => part !== undefined && part !== null)
      .sort(([a], [b]) => (a < b ? -1 : 1)),
  );
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
