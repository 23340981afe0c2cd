import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { ReasonSource } from "./reasons.ts";

/** How code names a reason: as a field, or as the first text that a function for verdicts takes. */
const named =
  /(?:\breason:\s*|\b(?:pending|failed|problem|degraded|progressing|waiting|invalid|ready|notReady|HandshakeError)\(\s*(?:"(?:True|False)",\s*)?)"((?!True"|False")[A-Z][A-Za-z]+)"/g;

/**
 * Compares the described reasons with those that the code of their folders names.
 *
 * @returns what is wrong: each reason that is not described, with its file.
 */
export function reasonProblems(root: string, sources: readonly ReasonSource[]): string[] {
  return [...describedIn(sources)].flatMap(([folder, described]) =>
    codeIn(join(root, folder)).flatMap(({ file, text }) =>
      reasonsIn(text)
        .filter((reason) => !described.has(reason))
        .map(
          (reason) =>
            `${folder}/${file} sets the reason "${reason}", which tools/generate/reference/reasons.ts does not describe`,
        ),
    ),
  );
}

function describedIn(sources: readonly ReasonSource[]): Map<string, ReadonlySet<string>> {
  const described = new Map<string, Set<string>>();
  for (const { folder, reasons } of sources) {
    described.set(folder, new Set([...(described.get(folder) ?? []), ...Object.keys(reasons)]));
  }
  return described;
}

/** The reasons that a source text names. */
export function reasonsIn(text: string): string[] {
  return [...new Set([...text.matchAll(named)].map(([, reason = ""]) => reason))];
}

function codeIn(folder: string): { file: string; text: string }[] {
  const files = readdirSync(folder, { recursive: true, encoding: "utf8" });
  return files
    .filter((file) => file.endsWith(".ts") && !file.endsWith(".test.ts"))
    .map((file) => ({ file, text: readFileSync(join(folder, file), "utf8") }));
}
