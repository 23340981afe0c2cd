import type { JSONSchemaProps } from "@moorage/kube-types/apiextensions-v1";

/** JSON Schema as TypeBox builds it: an open record, because extensions (`x-kubernetes-…`) travel in it. */
type JsonSchema = Readonly<Record<string, unknown>>;

/** Keywords that mean the same in JSON Schema and in a structural schema. */
const kept = new Set([
  ...["type", "description", "default", "enum", "format", "pattern", "nullable", "example"],
  ...["minimum", "maximum", "multipleOf", "minLength", "maxLength", "minItems", "maxItems"],
  ...["minProperties", "maxProperties", "required"],
  ...["x-kubernetes-preserve-unknown-fields", "x-kubernetes-int-or-string", "x-kubernetes-embedded-resource"],
  ...["x-kubernetes-list-type", "x-kubernetes-list-map-keys", "x-kubernetes-map-type", "x-kubernetes-validations"],
]);

/**
 * Turns a TypeBox schema into a structural schema, the dialect that a CRD publishes.
 *
 * @param path where the schema stands, for messages.
 * @throws Error when the schema says something that a structural schema cannot; the message names the field.
 */
export function structuralSchema(schema: JsonSchema, path: string): JSONSchemaProps {
  const result: Record<string, unknown> = {};
  for (const [keyword, value] of Object.entries(schema)) {
    if (kept.has(keyword)) result[keyword] = value;
    else Object.assign(result, translated(keyword, value, path));
  }
  if (Array.isArray(result["enum"])) result["type"] ??= "string";
  return withoutRequiredDefaults(result);
}

/** A field with a default is always there for a reader and never required of a writer. */
function withoutRequiredDefaults(schema: JSONSchemaProps): JSONSchemaProps {
  const { required = [], ...rest } = schema;
  const needed = required.filter((name) => schema.properties?.[name]?.default === undefined);
  return needed.length === 0 ? rest : { ...rest, required: needed };
}

function translated(keyword: string, value: unknown, path: string): Partial<JSONSchemaProps> {
  switch (keyword) {
    case "properties":
      return {
        properties: mapValues(asSchemas(value, path), (property, name) =>
          structuralSchema(property, `${path}.${name}`),
        ),
      };
    case "items":
      return { items: structuralSchema(asSchema(value, path), `${path}[]`) };
    case "patternProperties": {
      // TypeBox writes a record of strings as one pattern that every key matches.
      const [values] = Object.values(asSchemas(value, path));
      return { additionalProperties: structuralSchema(values ?? {}, `${path}.*`) };
    }
    default:
      throw new Error(
        `Cannot publish the schema of "${path}" in a CRD: keyword "${keyword}" is not part of a structural schema`,
      );
  }
}

function asSchema(value: unknown, path: string): JsonSchema {
  if (typeof value !== "object" || value === null) throw new Error(`The schema of "${path}" is not an object`);
  return { ...value };
}

function asSchemas(value: unknown, path: string): Record<string, JsonSchema> {
  return mapValues(asSchema(value, path), (schema, name) => asSchema(schema, `${path}.${name}`));
}

function mapValues<T, U>(record: Readonly<Record<string, T>>, change: (value: T, key: string) => U): Record<string, U> {
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [key, change(value, key)]));
}
