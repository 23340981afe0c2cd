/**
 * Checks docs/requirements.md against the list of the documents' rows (requirement-ids.txt): every row is there once,
 * and what is said to be done names files and tests that exist.
 *
 * Usage: node tools/gate/requirements.ts
 */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { idsIn, type RequirementRow, requirementRows } from "./requirement-rows.ts";

const root = join(import.meta.dirname, "../..");
const listed = readFileSync(join(import.meta.dirname, "requirement-ids.txt"), "utf8")
  .split("\n")
  .filter((line) => /^S\d/.test(line))
  .flatMap((line) => {
    const [range = "", tag = ""] = line.split(" ");
    return idsIn(range.replace(/^(S\d)-(\d{3})-(\d{3})$/, "$1-$2…$1-$3")).map((id) => ({ id, tag }));
  });
const rows = requirementRows(readFileSync(join(root, "docs/requirements.md"), "utf8"));

const seen = new Map<string, number>();
for (const { ids } of rows) for (const id of ids) seen.set(id, (seen.get(id) ?? 0) + 1);
const problems = [
  ...listed.filter(({ id }) => !seen.has(id)).map(({ id, tag }) => `${id} (${tag}) is missing`),
  ...[...seen].filter(([, count]) => count > 1).map(([id]) => `${id} is there twice`),
  ...[...seen.keys()].filter((id) => !listed.some((row) => row.id === id)).map((id) => `${id} is no row of a document`),
  ...rows.flatMap(problemsOf),
];
const done = rows.filter(({ open }) => open === undefined).reduce((sum, { ids }) => sum + ids.length, 0);
console.log(`${listed.length} rows: ${done} done, ${listed.length - done} open or out of scope`);
for (const problem of problems) console.error(`docs/requirements.md: ${problem}`);
process.exitCode = problems.length > 0 ? 1 : 0;

function problemsOf({ ids, files, tests }: RequirementRow): string[] {
  const [first] = ids;
  return [
    ...files.filter((file) => !existsSync(join(root, file))).map((file) => `${first}: there is no file "${file}"`),
    ...tests.flatMap(({ file, name }) => {
      if (!existsSync(join(root, file))) return [`${first}: there is no file "${file}"`];
      return readFileSync(join(root, file), "utf8").includes(`"${name}"`)
        ? []
        : [`${first}: "${file}" has no test "${name}"`];
    }),
  ];
}
