import { type Fields, isFields } from "../store/api-object.ts";

/** Applies an RFC 7386 merge patch and returns the result; `target` may be changed, `patch` is not. */
export function applyMergePatch(target: unknown, patch: unknown): unknown {
  if (!isFields(patch)) return patch;
  const result: Fields = isFields(target) ? target : {};
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) delete result[key];
    else result[key] = applyMergePatch(result[key], value);
  }
  return result;
}
