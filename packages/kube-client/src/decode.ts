import { apiVersionOf, type KubeList, type KubeObject, type ResourceType } from "@moorage/kube-types";
import { isRecord } from "./config/fields.ts";
import { KubeApiError, malformedResponse } from "./kube-api-error.ts";
import { parseJson } from "./parse-json.ts";

/**
 * The one place where the server's JSON becomes a typed object. Nothing is dropped, renamed or converted: unknown
 * fields survive a read-modify-write, times stay strings. `apiVersion` and `kind` are filled in, which list items
 * lack and metadata-only answers rename.
 */
export function decodeObject<T extends KubeObject>(type: ResourceType<T>, value: unknown, attempt: string): T {
  if (!isRecord(value) || !isRecord(value["metadata"])) throw malformed(attempt, "an object with metadata");
  value["apiVersion"] = apiVersionOf(type);
  value["kind"] = type.kind;
  // The schema of T is the server's promise for this type; the field checks above are what this client relies on.
  return value as unknown as T;
}

/** A page of a list, its items complete. */
export function decodeList<T extends KubeObject>(type: ResourceType<T>, value: unknown, attempt: string): KubeList<T> {
  const metadata = isRecord(value) ? value["metadata"] : undefined;
  if (!isRecord(value) || !isRecord(metadata)) throw malformed(attempt, "a list with metadata");
  const items: unknown = value["items"] ?? [];
  if (!Array.isArray(items)) throw malformed(attempt, "a list with items");
  for (const item of items) decodeObject(type, item, attempt);
  return { apiVersion: apiVersionOf(type), kind: `${type.kind}List`, metadata, items };
}

/** Parses an answer's text. @throws KubeApiError with reason `MalformedResponse`. */
export function parseAnswer(text: string, attempt: string): unknown {
  const { value, error } = parseJson(text);
  if (error) throw malformed(attempt, "JSON", error);
  return value;
}

function malformed(attempt: string, expected: string, cause?: unknown): KubeApiError {
  return new KubeApiError(`Cannot ${attempt}: the server's answer is not ${expected}`, {
    code: 0,
    reason: malformedResponse,
    cause,
  });
}
