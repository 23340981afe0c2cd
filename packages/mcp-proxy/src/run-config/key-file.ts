import { readFileSync } from "node:fs";

const minimumLength = 32;

/** Reads the keys of a key file: one per line, at least 32 characters each. Throws what is wrong with it. */
export function readKeys(file: string): string[] {
  const keys = readFileSync(file, "utf8")
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "");
  if (keys.length === 0)
    throw new Error(`Cannot read keys from "${file}": the file is empty: put a random line into it`);
  if (keys.some((key) => key.length < minimumLength)) {
    throw new Error(
      `Cannot read keys from "${file}": a key is shorter than ${minimumLength} characters: use random ones`,
    );
  }
  return keys;
}
