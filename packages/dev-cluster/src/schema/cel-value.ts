import { isFields } from "../store/api-object.ts";
import type { JsonSchema } from "./type-schema.ts";

/**
 * A JSON value as CEL sees it by its schema: integers are `int`, `date-time` strings are timestamps.
 * Without a schema whole numbers are integers, as upstream treats unknown content.
 */
export function celValue(value: unknown, schema: JsonSchema | undefined): unknown {
  if (typeof value === "number") return isInteger(value, schema) ? BigInt(value) : value;
  if (typeof value === "string") return schema?.format === "date-time" ? new Date(value) : value;
  if (Array.isArray(value)) return value.map((item) => celValue(item, schema?.items));
  if (!isFields(value)) return value;
  const values = typeof schema?.additionalProperties === "object" ? schema.additionalProperties : undefined;
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [key, celValue(item, schema?.properties?.[key] ?? values)]),
  );
}

function isInteger(value: number, schema: JsonSchema | undefined): boolean {
  return Number.isInteger(value) && schema?.type !== "number";
}
