import type { KubeObject } from "@moorage/kube-types";
import { stringify } from "yaml";
import { UsageError } from "../usage-error.ts";

const formats = ["json", "yaml"] as const;
export type Format = (typeof formats)[number];

/** @throws UsageError when it is neither; `also` names what else the command takes. */
export function parseFormat(value: string, also: readonly string[] = []): Format {
  const format = formats.find((known) => known === value);
  if (!format) throw new UsageError(`Unknown output format "${value}": use ${[...formats, ...also].join(", ")}`);
  return format;
}

export function formatted(value: unknown, format: Format): string {
  return format === "json"
    ? `${JSON.stringify(value, undefined, 4)}\n`
    : stringify(value, { lineWidth: 0, aliasDuplicateObjects: false });
}

/** An object without the bookkeeping that nobody reads. */
export function withoutManagedFields<T extends KubeObject>(object: T): T {
  const { managedFields, ...metadata } = object.metadata;
  return managedFields ? { ...object, metadata } : object;
}
