import type { JsonSchema } from "../schema/type-schema.ts";

/** The largest request; nothing in an object can be larger. */
const maxRequestBytes = 3 * 1024 * 1024;

/** A number that no limit holds. */
export const unlimited = 2 ** 64;

/** How many characters, items or entries a value can have; 0 for scalars. Source: `SchemaDeclType` of k8s.io/apiserver. */
export function maxElements(schema: JsonSchema): number {
  if (schema["x-kubernetes-int-or-string"]) return maxLengthOf(schema);
  switch (schema.type) {
    case "string":
      return maxLengthOf(schema);
    case "array":
      return schema.maxItems ?? Math.floor((maxRequestBytes - 2) / (minBytes(schema.items ?? {}) + 1));
    case "object": {
      const values = valuesOf(schema);
      if (!values) return 0;
      // A key of two bytes, a colon and a comma come with every value.
      return schema.maxProperties ?? Math.floor((maxRequestBytes - 2) / (minBytes(values) + 6));
    }
    default:
      return 0;
  }
}

const bytesPerCharacter = 4;
const longestTime = 32;
const dateBytes = 12;

function maxLengthOf({ maxLength, format, enum: allowed }: JsonSchema): number {
  switch (format) {
    case "duration":
    case "date-time":
      return longestTime;
    case "date":
      return dateBytes;
    case "byte":
      return maxLength ?? maxRequestBytes - 2;
    default:
  }
  if (maxLength !== undefined) return maxLength * bytesPerCharacter;
  if (allowed && allowed.length > 0) return Math.max(...allowed.map((value) => String(value).length));
  return maxRequestBytes - 2;
}

const leastBytes: Readonly<Record<string, number>> = { boolean: 4, integer: 1, number: 1, array: 2, string: 2 };
const leastFormatBytes: Readonly<Record<string, number>> = { duration: 3, date: dateBytes, "date-time": 21 };

/** How few bytes a value can take. */
function minBytes(schema: JsonSchema): number {
  if (schema["x-kubernetes-int-or-string"]) return 1;
  const { type = "", format = "", required = [], properties = {} } = schema;
  if (type === "string") return leastFormatBytes[format] ?? 2;
  if (type !== "object" || valuesOf(schema)) return leastBytes[type] ?? 2;
  return Object.entries(properties)
    .filter(([name, field]) => required.includes(name) && field.default === undefined)
    .reduce((sum, [name, field]) => sum + name.length + minBytes(field) + 4, 2);
}

/** The schema of a map's values. */
export function valuesOf({ additionalProperties }: JsonSchema): JsonSchema | undefined {
  return typeof additionalProperties === "object" ? additionalProperties : undefined;
}

/** How often the children of a value can be there for each time that it is; undefined: without a bound. */
export function maxChildren(schema: JsonSchema): number | undefined {
  if (schema.type === "array") return schema.maxItems;
  return schema.type === "object" && schema.additionalProperties ? schema.maxProperties : 1;
}

/** How often a value can be in an object at most, by its size alone. */
export function maxOccurrences(schema: JsonSchema): number {
  return Math.floor(maxRequestBytes / (minBytes(schema) + 1));
}
