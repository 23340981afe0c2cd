/** Writes the reference of RunConfig and its JSON Schema for editors, from the schema that the proxy parses with. */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { RunConfig } from "@moorage/mcp-proxy";

/** The parts of JSON Schema that RunConfig uses. */
interface Schema {
  readonly type?: string;
  readonly description?: string;
  readonly default?: unknown;
  readonly const?: unknown;
  readonly pattern?: string;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly required?: readonly string[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly patternProperties?: Readonly<Record<string, Schema>>;
  readonly items?: Schema;
  readonly anyOf?: readonly Schema[];
}

/** As JSON: what editors get, without what TypeBox adds for itself. */
const schema: Schema = JSON.parse(JSON.stringify(RunConfig));
const folder = join(import.meta.dirname, "../../docs/reference");

function rowsOf(schema: Schema, path: string): string[] {
  const members = Object.entries(schema.properties ?? {});
  return members.flatMap(([name, member]) => {
    const field = path ? `${path}.${name}` : name;
    const required = schema.required?.includes(name) ? "required" : initialOf(member);
    const row = `| \`${field}\` | ${typeOf(member)} | ${required} | ${member.description ?? ""} |`;
    return [row, ...inner(member, field)];
  });
}

function inner(schema: Schema, field: string): string[] {
  const [values] = Object.values(schema.patternProperties ?? {});
  const rows = [...rowsOf(schema, field), ...(values ? rowsOf(values, `${field}.*`) : [])];
  const variants = (schema.anyOf ?? []).filter(({ properties }) => properties);
  return [...rows, ...variants.flatMap((variant) => rowsOf(variant, field))];
}

function typeOf({ type, anyOf, items, patternProperties, const: value }: Schema): string {
  if (value !== undefined) return `\`${value}\``;
  if (anyOf) return anyOf.some(({ properties }) => properties) ? "one of:" : anyOf.map(typeOf).join(" or ");
  if (type === "array") return `list of ${items ? typeOf(items) : "anything"}`;
  const [values] = Object.values(patternProperties ?? {});
  if (values) return `map to ${typeOf(values)}`;
  return type ?? "anything";
}

function initialOf(schema: Schema): string {
  return schema.default === undefined ? "" : `\`${JSON.stringify(schema.default)}\``;
}

const text = `# RunConfig

What \`moorage proxy --config FILE\` reads: a JSON file. Changes of it are taken over while the proxy runs, ports, keys and
the process policy aside. An unknown field is an error. Editors complete it with [run-config.schema.json](run-config.schema.json).

Generated from the schema; do not edit.

| field | type | default | meaning |
| --- | --- | --- | --- |
${rowsOf(schema, "").join("\n")}
`;

mkdirSync(folder, { recursive: true });
writeFileSync(join(folder, "run-config.md"), text);
writeFileSync(join(folder, "run-config.schema.json"), `${JSON.stringify(schema, null, 2)}\n`);
