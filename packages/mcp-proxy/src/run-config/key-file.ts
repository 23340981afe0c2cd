import { readFileSync } from "node:fs";

const minimumLength = 32;

/** A key file as it was read. */
export interface KeyFile {
  readonly bytes: Buffer;
  readonly keys: readonly string[];
}

/** Reads a key file. Throws what is wrong with it. */
export function readKeyFile(file: string): KeyFile {
  const bytes = contentOf(file);
  return { bytes, keys: keysIn(bytes, file) };
}

function contentOf(file: string): Buffer {
  try {
    return readFileSync(file);
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new Error(`sessions.keyFile: cannot be read: ${why}`, { cause });
  }
}

/** The keys in a key file: one per line, at least 32 characters each. Throws what is wrong with them. */
export function keysIn(bytes: Buffer, file: string): string[] {
  const keys = bytes
    .toString("utf8")
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
