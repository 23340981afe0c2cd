/** Checks the size budgets of the house style that the linter cannot: lines per file, and casts, per thousand lines. */
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";

const root = join(import.meta.dirname, "../..");
const maxLines = 500;
const maxCastsPerThousand = 4;
const maxTriesPerThousand = 2.5;

const listed = execFileSync("git", ["ls-files", "--cached", "--others", "--exclude-standard", "*.ts", "*.mjs"], {
  cwd: root,
  encoding: "utf8",
});
const files = listed.split("\n").filter((file) => file !== "" && !file.includes("/generated/"));
const problems: string[] = [];
let sourceLines = 0;
let casts = 0;
let tries = 0;

for (const file of files) {
  const lines = readFileSync(join(root, file), "utf8").split("\n");
  if (lines.length > maxLines)
    problems.push(`${file} has ${lines.length} lines: at most ${maxLines}; split it by concern`);
  if (lines.some((line) => /\b(TODO|FIXME|XXX)\b(?!\(#\d+\))/.test(line)) && !file.startsWith("tools/gate/")) {
    problems.push(`${file} has a TODO without an issue number: write TODO(#123) or do it`);
  }
  if (/\.test\.ts$|\/testing\/|^tools\/|^bench\/|^examples\//.test(file)) continue;
  sourceLines += lines.length;
  casts += lines.filter(
    (line) => / as (?!const\b)[A-Za-z{[]/.test(line) && !/^\s*(\*|\/\/|import|export|\/\*\*)/.test(line),
  ).length;
  tries += lines.filter((line) => /\btry \{/.test(line)).length;
}

const perThousand = (count: number) => (count * 1000) / Math.max(1, sourceLines);
if (perThousand(casts) > maxCastsPerThousand) {
  problems.push(
    `${casts} casts in ${sourceLines} lines: at most ${maxCastsPerThousand} per 1,000; parse at the edge instead`,
  );
}
if (perThousand(tries) > maxTriesPerThousand) {
  problems.push(
    `${tries} try blocks in ${sourceLines} lines: at most ${maxTriesPerThousand} per 1,000; let it throw to the boundary`,
  );
}
console.log(
  `${files.length} files; ${sourceLines} source lines, ${perThousand(casts).toFixed(1)} casts and ${perThousand(tries).toFixed(1)} try blocks per 1,000`,
);
for (const problem of problems) console.error(problem);
process.exit(problems.length > 0 ? 1 : 0);
