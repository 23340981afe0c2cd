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
    Object.entries(value).map(([key, item]) => {
      const field = schema?.properties?.[key];
      return [field ? celName(key) : key, celValue(item, field ?? values)];
    }),
  );
}

const reserved: ReadonlySet<string> = new Set([
  "true",
  "false",
  "null",
  "in",
  "as",
  "break",
  "const",
  "continue",
  "else",
  "for",
  "function",
  "if",
  "import",
  "let",
  "loop",
  "package",
  "namespace",
  "return",
]);

/** How expressions write the name of a field that is no identifier. Source: `cel.Escape` of k8s.io/apiserver. */
export function celName(name: string): string {
  if (reserved.has(name)) return `__${name}__`;
  if (!/[./-]|__/.test(name)) return name;
  return name
    .replaceAll("__", "__underscores__")
    .replaceAll(".", "__dot__")
    .replaceAll("-", "__dash__")
    .replaceAll("/", "__slash__");
}

function isInteger(value: number, schema: JsonSchema | undefined): boolean {
  return Number.isInteger(value) && schema?.type !== "number";
}
