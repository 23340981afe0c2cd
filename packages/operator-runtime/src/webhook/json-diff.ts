import { canonicalJson, isRecord } from "../json.ts";

/** An operation of RFC 6902. */
export interface JsonPatchOperation {
  op: "add" | "remove" | "replace";
  path: string;
  value?: unknown;
}

/** The JSON patch that makes `after` of `before`. Lists that differ are replaced whole. */
export function jsonDiff(before: unknown, after: unknown, path = ""): JsonPatchOperation[] {
  if (canonicalJson(before) === canonicalJson(after)) return [];
  if (!isRecord(before) || !isRecord(after)) return [{ op: "replace", path, value: after }];
  const fields = new Set([...Object.keys(before), ...Object.keys(after)]);
  return [...fields].flatMap((field): JsonPatchOperation[] => {
    const at = `${path}/${field.replaceAll("~", "~0").replaceAll("/", "~1")}`;
    if (after[field] === undefined) return before[field] === undefined ? [] : [{ op: "remove", path: at }];
    if (before[field] === undefined) return [{ op: "add", path: at, value: after[field] }];
    return jsonDiff(before[field], after[field], at);
  });
}
