/** Writes docs/reference: a page for every kind, and a JSON Schema for editors for every kind and API group. */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { resources } from "@moorage/resources";
import { reasonProblems } from "./reference/check-reasons.ts";
import { editorSchemaOf } from "./reference/editor-schema.ts";
import { pageOf, schemaFileOf } from "./reference/page.ts";
import { conditionsOf, type Kind, reasonSources, reasonsOf } from "./reference/reasons.ts";

const root = join(import.meta.dirname, "../..");
const folder = join(root, "docs/reference");
const kinds: readonly Kind[] = ["MCPServer", "ToolConfig", "WebApp"];

const missing = resources.find(({ kind }) => !kinds.some((known) => known === kind));
const problems = [
  ...(missing ? [`The kind ${missing.kind} has no reference page: add it to tools/generate/reference.ts`] : []),
  ...reasonProblems(root, reasonSources),
];
if (problems.length > 0) throw new Error(problems.join("\n"));

mkdirSync(folder, { recursive: true });
for (const kind of kinds) {
  const [first, ...others] = resources.filter((type) => type.kind === kind);
  if (!first) throw new Error(`There is no kind ${kind}`);
  const page = pageOf([first, ...others], { conditions: conditionsOf[kind], reasons: reasonsOf(kind) });
  writeFileSync(join(folder, `${kind.toLowerCase()}.md`), page);
}
for (const type of resources) {
  writeFileSync(join(folder, schemaFileOf(type)), `${JSON.stringify(editorSchemaOf(type), null, 2)}\n`);
}
