import { objectMetaSchema } from "../openapi/compile-schema.ts";
import { decodeBuiltIn } from "../schema/decode-built-in.ts";
import { schemaOfKey, type TypeSchema } from "../schema/type-schema.ts";
import { type Fields, isFields } from "../store/api-object.ts";

const objectFields = new Set(["apiVersion", "kind", "metadata"]);

/**
 * Drops the fields of a custom object that its schema does not have, in place, and returns their paths.
 * Source: "Field pruning" of the CRD documents.
 * @throws DecodeError for metadata of the wrong types.
 */
export function pruneCustomObject(object: Fields, schema: TypeSchema): string[] {
  const unknown = pruneRoot(object, schema, "");
  return unknown;
}

/** An object, or an embedded one: its own kind, version and metadata are not the schema's business. */
function pruneRoot(object: Fields, schema: TypeSchema, path: string): string[] {
  const unknown: string[] = [];
  if (isFields(object["metadata"])) {
    const below = decodeBuiltIn(object["metadata"], objectMetaSchema());
    unknown.push(...below.map((field) => join(join(path, "metadata"), field)));
  }
  pruneFields(object, schema, { path, unknown, kept: objectFields });
  return unknown;
}

interface Place {
  path: string;
  unknown: string[];
  kept?: ReadonlySet<string>;
}

function pruneFields(object: Fields, schema: TypeSchema, { path, unknown, kept }: Place): void {
  for (const [key, value] of Object.entries(object)) {
    if (kept?.has(key)) continue;
    const child = schemaOfKey(schema, key);
    const childPath = join(path, key);
    if (child) pruneValue(value, child, { path: childPath, unknown });
    else if (!schema.preserveUnknown) {
      unknown.push(childPath);
      delete object[key];
    }
  }
}

function pruneValue(value: unknown, schema: TypeSchema, place: Place): void {
  if (Array.isArray(value)) {
    const { element } = schema;
    if (element)
      for (const [index, item] of value.entries())
        pruneValue(item, element, { ...place, path: `${place.path}[${index}]` });
  } else if (isFields(value)) {
    if (schema.embedded) place.unknown.push(...pruneRoot(value, schema, place.path));
    else pruneFields(value, schema, place);
  }
}

function join(path: string, key: string): string {
  return path === "" ? key : `${path}.${key}`;
}
