import { existsSync } from "node:fs";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";

const readme = join(import.meta.dirname, "../README.md");

/** Puts `text` under its heading in bench/README.md, in the place of what was there; other sections stay. */
export async function writeSection(heading: string, text: string): Promise<void> {
  const before = existsSync(readme) ? await readFile(readme, "utf8") : "# Benchmarks\n";
  const sections = before.split(/^(?=## )/m).map((section) => section.trimEnd());
  const known = sections.findIndex((section) => section.startsWith(`## ${heading}\n`));
  sections[known < 0 ? sections.length : known] = `## ${heading}\n\n${text}`;
  await writeFile(readme, `${sections.join("\n\n")}\n`);
}

/** A table in Markdown. */
export function tableText(rows: readonly (readonly (string | number)[])[]): string {
  const [head = [], ...body] = rows;
  return [head, head.map(() => "---"), ...body].map((cells) => `| ${cells.join(" | ")} |`).join("\n");
}
