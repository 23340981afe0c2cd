import { existsSync } from "node:fs";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";

const readme = join(import.meta.dirname, "../README.md");

/** Puts `text` under its heading in bench/README.md, in the place of what was there; other sections stay. */
export async function writeSection(heading: string, text: string): Promise<void> {
  const before = existsSync(readme) ? await readFile(readme, "utf8") : "# Benchmarks\n";
  const sections = before.split(/^(?=## )/m).filter((section) => !section.startsWith(`## ${heading}\n`));
  const joined = [...sections.map((section) => section.trimEnd()), `## ${heading}\n\n${text}`].join("\n\n");
  await writeFile(readme, `${joined}\n`);
}

/** A table in Markdown. */
export function tableText(rows: readonly (readonly (string | number)[])[]): string {
  const [head = [], ...body] = rows;
  return [head, head.map(() => "---"), ...body].map((cells) => `| ${cells.join(" | ")} |`).join("\n");
}
