import type { JsonSchema, ValidationRule } from "../schema/type-schema.ts";

/** The rules of a schema with the place of each, for checks of the CRD itself. */
export function rulesIn(schema: JsonSchema, path: string): { rule: ValidationRule; path: string }[] {
  const own = (schema["x-kubernetes-validations"] ?? []).map((rule, index) => ({
    rule,
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
