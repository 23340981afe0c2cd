import { canonicalJson } from "./deep-equal.ts";

/** The letters of apimachinery's `rand.SafeEncodeString`: no vowels, so that no words appear. */
const safeLetters = "bcdfghjklmnpqrstvwxz2456789";

/**
 * A short name for a value, equal for equal JSON, with `collisionCount` mixed in when the name was taken.
 * The form is that of upstream (FNV-1a, 32 bits, decimal digits as safe letters); the values differ, which no client may rely on.
 */
export function shortHash(value: unknown, collisionCount = 0): string {
  let hash = 0x811c9dc5;
  for (const byte of Buffer.from(`${canonicalJson(value)}${collisionCount || ""}`)) {
    hash = Math.imul(hash ^ byte, 0x01000193) >>> 0;
  }
  return [...String(hash)].map((digit) => safeLetters[(digit.charCodeAt(0) * 7) % safeLetters.length]).join("");
}
