import { badRequest } from "../status/api-error.ts";
import { jsonOf } from "../store/json.ts";
import { findDuplicateFields } from "./duplicate-fields.ts";

/** What the text of an apply says. */
export interface ConfigurationText {
  readonly value: unknown;
  /** Keys that one map has twice, of which the last counts; worded as the real server does. */
  readonly duplicates: readonly string[];
}

/** Reads JSON or YAML. @throws ApiError for a text that is neither. */
export async function readConfigurationText(text: string): Promise<ConfigurationText> {
  // Programs send JSON, and a parser of YAML takes a hundred times as long for it.
  const json = jsonOf(text);
  if (json !== undefined && findDuplicateFields(text).length === 0) return { value: json ?? {}, duplicates: [] };
  const { isScalar, LineCounter, parseDocument, visit } = await import("./yaml.ts");
  const lineCounter = new LineCounter();
  const document = parseDocument(text, { lineCounter, uniqueKeys: false });
  const [fault] = document.errors;
  if (fault) throw badRequest(`error decoding YAML: ${fault.message}`);
  const duplicates: string[] = [];
  visit(document, {
    Map(_place, { items }) {
      const seen = new Set<unknown>();
      for (const { key } of items) {
        if (!isScalar(key)) continue;
        const { line } = lineCounter.linePos(key.range?.[0] ?? 0);
        if (seen.has(key.value)) duplicates.push(`line ${line}: key ${JSON.stringify(key.value)} already set in map`);
        seen.add(key.value);
      }
    },
  });
  return { value: document.toJS() ?? {}, duplicates };
}
