import { createHash } from "node:crypto";

/** What a server's container reads when it starts, as far as it exists. */
export interface Input {
  kind: string;
  name: string;
  data: unknown;
}

/**
 * Changes when something changes that the server reads only when it starts; `undefined` where it reads nothing.
 * A digest, so that nothing of a Secret can be read from it.
 */
export function inputsHash(inputs: readonly Input[]): string | undefined {
  if (inputs.length === 0) return undefined;
  const texts = inputs.map(({ kind, name, data }) => JSON.stringify([kind, name, sorted(data)]));
  return createHash("sha256")
    .update([...new Set(texts)].toSorted().join("\n"))
    .digest("hex")
    .slice(0, 16);
}

function sorted(data: unknown): unknown {
  return typeof data === "object" && data !== null
    ? Object.entries(data).toSorted(([a], [b]) => a.localeCompare(b))
    : data;
}
