import type { JSONSchemaProps } from "@moorage/kube-types/apiextensions-v1";

/** The schema of one kind in one API group. */
export interface GroupSchema {
  group: string;
  schema: JSONSchemaProps;
}

/** A field as the reference page shows it; `defaults` has one entry per group, or one for all where they agree. */
export interface Field {
  path: string;
  type: string;
  required: boolean;
  defaults: { group?: string; value: unknown }[];
  validation: string[];
  description: string;
}

/**
 * Every field below `path`, depth first, as the API groups of one kind together have it.
 *
 * @throws Error that names each field without a description.
 */
export function fieldsOf(groups: readonly GroupSchema[], path: string): Field[] {
  const fields = [...walk(groups, path)];
  const silent = fields.filter(({ description }) => description === "").map((field) => field.path);
  if (silent.length > 0) {
    throw new Error(`Cannot write the reference: ${silent.join(", ")} without a description: give the schema one`);
  }
  return fields;
}

function* walk(groups: readonly GroupSchema[], path: string): Generator<Field> {
  const names = new Set(groups.flatMap(({ schema }) => Object.keys(schema.properties ?? {})));
  for (const name of names) {
    const members = groups.flatMap(({ group, schema }) => {
      const member = schema.properties?.[name];
      return member ? [{ group, schema: member }] : [];
    });
    const field = `${path}.${name}`;
    const required = groups.some(({ schema }) => schema.required?.includes(name));
    yield fieldOf(members, field, required);
    yield* walk(elementsOf(members), `${field}${isList(members) ? "[]" : hasValues(members) ? ".*" : ""}`);
  }
}

function fieldOf(groups: readonly GroupSchema[], path: string, required: boolean): Field {
  const [first] = groups;
  if (!first) throw new Error(`The field "${path}" has no schema`);
  return {
    path,
    type: typeOf(first.schema),
    required,
    defaults: defaultsOf(groups),
    validation: validationOf(first.schema),
    description: first.schema.description?.trim() ?? "",
  };
}

/** Where the fields below stand: in the items of a list, the values of a map, or the object itself. */
function elementsOf(groups: readonly GroupSchema[]): GroupSchema[] {
  return groups.map(({ group, schema }) => ({ group, schema: itemsOf(schema) ?? valuesOf(schema) ?? schema }));
}

function isList(groups: readonly GroupSchema[]): boolean {
  return groups.some(({ schema }) => itemsOf(schema) !== undefined);
}

function hasValues(groups: readonly GroupSchema[]): boolean {
  return groups.some(({ schema }) => valuesOf(schema) !== undefined);
}

function defaultsOf(groups: readonly GroupSchema[]): Field["defaults"] {
  const values = groups.map(({ schema }) => JSON.stringify(schema.default));
  if (values.every((value) => value === values[0])) {
    const [value] = groups.map(({ schema }) => schema.default);
    return value === undefined ? [] : [{ value }];
  }
  return groups.map(({ group, schema }) => ({ group, value: schema.default }));
}

function typeOf(schema: JSONSchemaProps): string {
  const items = itemsOf(schema);
  if (items) return `list of ${typeOf(items)}`;
  const values = valuesOf(schema);
  if (values) return `map to ${typeOf(values)}`;
  if (schema["x-kubernetes-int-or-string"]) return "integer or string";
  if (schema["x-kubernetes-preserve-unknown-fields"]) return "object with any fields";
  return schema.type ?? "anything";
}

const bounds = [
  ["minimum", "at least", ""],
  ["maximum", "at most", ""],
  ["minLength", "at least", " characters"],
  ["maxLength", "at most", " characters"],
  ["minItems", "at least", " entries"],
  ["maxItems", "at most", " entries"],
] as const;

/** Constraints in words, those of a list's items and a map's values included. */
function validationOf(schema: JSONSchemaProps): string[] {
  const inner = itemsOf(schema) ?? valuesOf(schema);
  return [
    ...(schema.enum ? [`one of ${schema.enum.map((value) => `\`${String(value)}\``).join(", ")}`] : []),
    ...bounds.flatMap(([keyword, word, unit]) => {
      const bound = schema[keyword];
      if (bound === undefined) return [];
      return [bound === 1 && keyword.startsWith("minLen") ? "not empty" : `${word} ${bound}${unit}`];
    }),
    ...(schema.pattern ? [`matches \`${schema.pattern}\``] : []),
    ...(schema.format && schema.type === "string" ? [schema.format] : []),
    ...(schema["x-kubernetes-validations"] ?? []).map(ruleOf),
    ...(inner && !inner.properties ? validationOf(inner).map((constraint) => `each: ${constraint}`) : []),
  ];
}

/** A CEL rule by the message that a user gets; the expression itself where it has none of its own. */
export function ruleOf({
  message,
  messageExpression,
  rule,
}: {
  message?: string;
  messageExpression?: string;
  rule: string;
}): string {
  return message ?? `\`${messageExpression ?? rule}\``;
}

function itemsOf({ items }: JSONSchemaProps): JSONSchemaProps | undefined {
  return Array.isArray(items) ? items[0] : items;
}

function valuesOf({ additionalProperties }: JSONSchemaProps): JSONSchemaProps | undefined {
  return typeof additionalProperties === "object" ? additionalProperties : undefined;
}
