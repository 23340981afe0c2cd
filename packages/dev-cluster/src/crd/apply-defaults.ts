import type { TypeSchema } from "../schema/type-schema.ts";
import { type Fields, isFields } from "../store/api-object.ts";
import { cloneJson } from "../store/json.ts";

/**
 * Fills the defaults of a custom object, in place. A null where the schema allows none counts as absent.
 * Source: "Defaulting" and "Defaulting and Nullable" of the CRD documents.
 */
export function applyDefaults(value: unknown, schema: TypeSchema): void {
  if (Array.isArray(value)) {
    const { element } = schema;
    if (element) for (const item of value) applyDefaults(item, element);
  } else if (isFields(value)) {
    defaultFields(value, schema);
  }
}

function defaultFields(object: Fields, schema: TypeSchema): void {
  for (const [name, field] of schema.fields) defaultField(object, name, field);
  const { element } = schema;
  if (schema.kind === "map" && element) for (const key of Object.keys(object)) defaultField(object, key, element);
}

function defaultField(object: Fields, name: string, schema: TypeSchema): void {
  if (object[name] === null && !schema.nullable) delete object[name];
  if (object[name] === undefined && schema.default !== undefined) object[name] = cloneJson(schema.default);
  applyDefaults(object[name], schema);
}
