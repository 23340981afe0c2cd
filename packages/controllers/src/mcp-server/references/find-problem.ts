import type { KubeObject } from "@moorage/kube-types";
import type { Reference } from "./references.ts";

/** Why something that the spec refers to cannot be used: names the field, the value and the fix. */
export interface Problem {
  reason: string;
  message: string;
}

/** What is wrong with a reference, given what there is of that name. */
export function findProblem(
  { field, type, name, keys = [], optional }: Reference,
  found: (KubeObject & { data?: unknown }) | undefined,
): Problem | undefined {
  if (optional) return undefined;
  if (!found) {
    return {
      reason: `${type.kind}NotFound`,
      message: `${field} names ${type.kind} "${name}", which does not exist: create it, or correct the name`,
    };
  }
  const present = typeof found.data === "object" && found.data !== null ? Object.keys(found.data) : [];
  const missing = keys.find((key) => !present.includes(key));
  if (missing === undefined) return undefined;
  return {
    reason: `${type.kind}KeyNotFound`,
    message: `${field} names key "${missing}" of ${type.kind} "${name}", which has ${listed(present)}`,
  };
}

function listed(keys: string[]): string {
  return keys.length === 0 ? "no keys" : `only ${keys.map((key) => `"${key}"`).join(", ")}`;
}
