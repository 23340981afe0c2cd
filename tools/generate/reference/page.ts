import { apiVersionOf } from "@moorage/kube-types";
import type { JSONSchemaProps } from "@moorage/kube-types/apiextensions-v1";
import type { resources } from "@moorage/resources";
import { type Field, fieldsOf, type GroupSchema, ruleOf } from "./fields.ts";
import type { ConditionWords, Reason } from "./reasons.ts";

type Resource = (typeof resources)[number];

export interface PageWords {
  conditions: ConditionWords;
  reasons: readonly Reason[];
}

/** The reference page of a kind, which several API groups may share. */
export function pageOf(types: readonly [Resource, ...Resource[]], { conditions, reasons }: PageWords): string {
  const [first] = types;
  const schemas = types.map((type) => ({ group: type.group, schema: objectSchemaOf(type) }));
  return `# ${first.kind}

${objectSchemaOf(first).description ?? ""}

Generated from the schema by \`npm run generate\`; do not edit.

${table(["apiVersion", "resource", "short names", "categories", "kubectl scale", "editor's schema"], types.map(identityOf))}

## spec

${fieldTable(fieldsOf(membersOf(schemas, "spec"), "spec"))}
${rulesOf(schemas)}
## status

${fieldTable(fieldsOf(membersOf(schemas, "status"), "status"))}

### Conditions

${table(
  ["type", "meaning"],
  Object.entries(conditions).map(([type, meaning]) => [code(type), meaning]),
)}

### Reasons of conditions and events

${table(
  ["reason", "meaning"],
  reasons.map(({ name, meaning }) => [code(name), meaning]),
)}

## Columns of \`kubectl get\`

${table(["column", "value", "shown"], columnsOf(first))}
`;
}

/** The file that a page's manifest refers editors to. */
export function schemaFileOf({ singular, group }: Resource): string {
  return `${singular}.${group}.schema.json`;
}

function identityOf(type: Resource): string[] {
  const { names, versions } = type.crd.spec;
  return [
    code(apiVersionOf(type)),
    code(`${type.plural}.${type.group}`),
    (names.shortNames ?? []).map(code).join(", "),
    (names.categories ?? []).map(code).join(", "),
    versions[0]?.subresources?.scale ? "yes" : "no",
    `[${schemaFileOf(type)}](${schemaFileOf(type)})`,
  ];
}

function objectSchemaOf({ crd }: Resource): JSONSchemaProps {
  const schema = crd.spec.versions[0]?.schema?.openAPIV3Schema;
  if (!schema) throw new Error(`${crd.metadata.name} has no schema`);
  return schema;
}

function membersOf(schemas: readonly GroupSchema[], name: "spec" | "status"): GroupSchema[] {
  return schemas.map(({ group, schema }) => ({ group, schema: schema.properties?.[name] ?? {} }));
}

/** Rules about several fields at once, or about the object's name. */
function rulesOf(schemas: readonly GroupSchema[]): string {
  const rules = schemas.flatMap(({ schema }) => [
    ...(schema["x-kubernetes-validations"] ?? []),
    ...(schema.properties?.["spec"]?.["x-kubernetes-validations"] ?? []),
  ]);
  const texts = [...new Set(rules.map(ruleOf))];
  return texts.length === 0
    ? ""
    : `\nThe API server also sees to this:\n\n${texts.map((text) => `- ${text}`).join("\n")}\n`;
}

function fieldTable(fields: readonly Field[]): string {
  return table(
    ["field", "type", "default", "validation", "meaning"],
    fields.map((field) => [
      code(field.path),
      field.type,
      initialOf(field),
      field.validation.join("; "),
      field.description,
    ]),
  );
}

function initialOf({ required, defaults }: Field): string {
  const shown = defaults.map(({ group, value }) => {
    const text = value === undefined ? "none" : code(JSON.stringify(value));
    return group ? `${text} (${group})` : text;
  });
  return shown.length > 0 ? shown.join(", ") : required ? "required" : "";
}

function columnsOf({ crd }: Resource): string[][] {
  const columns = crd.spec.versions[0]?.additionalPrinterColumns ?? [];
  return columns.map(({ name, jsonPath, priority = 0 }) => [
    name,
    code(jsonPath),
    priority === 0 ? "always" : "with `-o wide`",
  ]);
}

function table(heads: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.map(cell).join(" | ")} |`;
  return [line(heads), `|${" --- |".repeat(heads.length)}`, ...rows.map(line)].join("\n");
}

function cell(text: string): string {
  return text.replaceAll("|", "\\|").replaceAll("\n", " ");
}

function code(text: string): string {
  return `\`${text}\``;
}
