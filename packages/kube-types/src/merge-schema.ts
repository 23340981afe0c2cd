import type { MergeSchema } from "./strategic-merge.ts";

/** How one field merges. A field without an entry is a plain value. */
export interface MergeField {
  /** The struct that it holds, or that its items are of. */
  readonly type?: string;
  readonly list?: true;
  readonly map?: true;
  readonly strategy?: string;
  readonly key?: string;
}

type MergeTypes = Readonly<Record<string, Readonly<Record<string, MergeField>>>>;

/** The schema of the struct `name` of `types`. The structs must not contain themselves. */
export function mergeSchemaOf(types: MergeTypes, name: string): MergeSchema {
  const fields = Object.entries(types[name] ?? {}).map(([field, merge]) => [field, fieldSchema(types, merge)] as const);
  return { kind: "struct", fields: new Map(fields), patchStrategy: [] };
}

function fieldSchema(types: MergeTypes, { type, list, map, strategy, key }: MergeField): MergeSchema {
  const struct = type ? mergeSchemaOf(types, type) : undefined;
  const patchStrategy = strategy?.split(",") ?? [];
  if (list) return { kind: "list", fields: new Map(), element: struct, patchStrategy, patchMergeKey: key };
  if (map) return { kind: "map", fields: new Map(), element: struct, patchStrategy };
  return { kind: "struct", fields: struct?.fields ?? new Map(), patchStrategy };
}
