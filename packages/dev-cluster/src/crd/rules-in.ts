import type { JsonSchema, ValidationRule } from "../schema/type-schema.ts";

/** A rule with its place and the schema that it belongs to. */
export interface FoundRule {
  readonly rule: ValidationRule;
  readonly path: string;
  readonly schema: JsonSchema;
}

/** The rules of a schema, for checks of the CRD itself. */
export function rulesIn(schema: JsonSchema, path: string): FoundRule[] {
  const own = (schema["x-kubernetes-validations"] ?? []).map((rule, index) => ({
    rule,
    schema,
    path: `${path}.x-kubernetes-validations[${index}]`,
  }));
  const fields = Object.entries(schema.properties ?? {}).flatMap(([name, field]) =>
    rulesIn(field, `${path}.properties[${name}]`),
  );
  const items = schema.items ? rulesIn(schema.items, `${path}.items`) : [];
  const values =
    typeof schema.additionalProperties === "object"
      ? rulesIn(schema.additionalProperties, `${path}.additionalProperties`)
      : [];
  return [...own, ...fields, ...items, ...values];
}
