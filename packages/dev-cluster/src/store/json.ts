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

/** Freezes a JSON value and everything below it, and returns it. */
export function deepFreeze<T>(value: T): T {
  if (typeof value !== "object" || value === null || Object.isFrozen(value)) return value;
  Object.freeze(value);
  for (const child of Object.values(value)) deepFreeze(child);
  return value;
}

/** Whether two JSON values are equal; the order of an object's fields does not matter, absent equals undefined. */
export function equalJson(left: unknown, right: unknown): boolean {
  if (left === right) return true;
  if (typeof left !== "object" || typeof right !== "object" || left === null || right === null) return false;
  if (Array.isArray(left) || Array.isArray(right)) return equalLists(left, right);
  return equalFields(new Map(Object.entries(left)), new Map(Object.entries(right)));
}

function equalLists(left: unknown, right: unknown): boolean {
  if (!Array.isArray(left) || !Array.isArray(right) || left.length !== right.length) return false;
  return left.every((item, index) => equalJson(item, right[index]));
}

function equalFields(left: Map<string, unknown>, right: Map<string, unknown>): boolean {
  for (const [key, value] of left) if (!equalJson(value, right.get(key))) return false;
  for (const [key, value] of right) if (value !== undefined && left.get(key) === undefined) return false;
  return true;
}
