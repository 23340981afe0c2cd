import { anything, type JsonSchema, type TypeSchema, typeSchema } from "../schema/type-schema.ts";

/** Compiles the `openAPIV3Schema` of a CRD. */
export function compileCustomSchema(source: JsonSchema): TypeSchema {
  const list = source["x-kubernetes-list-type"];
  return typeSchema({
    kind: kindOf(source),
    fields: new Map(Object.entries(source.properties ?? {}).map(([name, field]) => [name, compileCustomSchema(field)])),
    element: elementOf(source),
    required: source.required ?? [],
    list: list === "set" || list === "map" ? list : "atomic",
    listKeys: source["x-kubernetes-list-map-keys"] ?? [],
    atomic: source["x-kubernetes-map-type"] === "atomic",
    preserveUnknown: source["x-kubernetes-preserve-unknown-fields"] === true,
    embedded: source["x-kubernetes-embedded-resource"] === true,
    nullable: source.nullable === true,
    ...(source.default === undefined ? {} : { default: source.default }),
    source,
  });
}

function elementOf({ items, additionalProperties }: JsonSchema): TypeSchema | undefined {
  if (items) return compileCustomSchema(items);
  if (additionalProperties === true) return anything;
  return additionalProperties ? compileCustomSchema(additionalProperties) : undefined;
}

function kindOf(source: JsonSchema): TypeSchema["kind"] {
  if (source["x-kubernetes-int-or-string"]) return "intOrString";
  switch (source.type) {
    case "object":
      if (source.properties) return "struct";
      if (source.additionalProperties) return "map";
      return source["x-kubernetes-preserve-unknown-fields"] ? "any" : "struct";
    case "array":
      return "list";
    case "string":
    case "integer":
    case "number":
    case "boolean":
      return source.type;
    default:
      return "any";
  }
}
