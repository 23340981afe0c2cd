import type { ApiObject } from "./api-object.ts";

const lineSeparators = /[\u2028\u2029]/g;

/**
 * Encodes a value as JSON. U+2028 and U+2029 are escaped, as Go does: they are line ends for clients
 * that split a watch stream with a Unicode-aware line reader.
 */
export function encodeJson(value: unknown): string {
  const text = JSON.stringify(value);
  return lineSeparators.test(text)
    ? text.replace(lineSeparators, (character) => (character === "\u2028" ? "\\u2028" : "\\u2029"))
    : text;
}

/** A copy of a JSON value that shares nothing with it. */
export function cloneJson<T>(value: T): T {
  return value === undefined ? value : JSON.parse(JSON.stringify(value));
}

/** Decodes what this process encoded itself; never input from outside. */
export function decodeStored(json: string): ApiObject {
  return JSON.parse(json);
}

/** What a text from outside says as JSON; undefined, which no JSON is, where it is none. */
export function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Freezes a JSON value and everything below it, and returns it. */
export function deepFreeze<T>(value: T): T {
  if (typeof value !== "object" || value === null || Object.isFrozen(value)) return value;
  Object.freeze(value);
  for (const child of Object.values(value)) deepFreeze(child);
  return value;
}
