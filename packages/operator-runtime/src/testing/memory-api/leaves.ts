import { isRecord } from "../../json.ts";

/** A way to a field as `fieldsV1` spells it, joined: `f:spec⟂k:{"name":"a"}⟂f:image`. */
type Path = string;

const joint = "\u0000";
const keyFields = ["name", "uid", "type"];

/** The fields that hold a value, each with it: scalars, empty maps, and lists whose items have no key. */
export function leavesOf(value: unknown, prefix: readonly string[] = []): Map<Path, unknown> {
  const leaves = new Map<Path, unknown>();
  collect(value, prefix, leaves);
  return leaves;
}

function collect(value: unknown, path: readonly string[], leaves: Map<Path, unknown>): void {
  const children = childrenOf(value);
  if (children.length === 0) leaves.set(path.join(joint), value);
  for (const [segment, child] of children) collect(child, [...path, segment], leaves);
}

function childrenOf(value: unknown): [string, unknown][] {
  if (isRecord(value)) {
    return Object.entries(value).flatMap(([field, child]) => (child === undefined ? [] : [[`f:${field}`, child]]));
  }
  const key = keyOf(value);
  if (!Array.isArray(value) || !key) return [];
  return value.map((item) => [`k:${JSON.stringify({ [key]: isRecord(item) ? item[key] : null })}`, item]);
}

/** The field that tells a list's items apart, if every item has it. */
function keyOf(value: unknown): string | undefined {
  if (!Array.isArray(value) || value.length === 0) return undefined;
  return keyFields.find((field) => value.every((item) => isRecord(item) && typeof item[field] === "string"));
}

/** `fieldsV1` of a set of leaves. */
export function fieldsOf(paths: Iterable<Path>): Record<string, unknown> {
  const root: Record<string, unknown> = {};
  for (const path of paths) {
    let at = root;
    for (const segment of path.split(joint)) {
      const below = isRecord(at[segment]) ? at[segment] : {};
      at[segment] = below;
      at = below;
    }
  }
  return root;
}

/** Builds the value again from its leaves; list items keep the order in which they first occur. */
export function treeOf(leaves: ReadonlyMap<Path, unknown>): unknown {
  const root: Tree = { children: new Map(), leaf: undefined };
  for (const [path, leaf] of leaves) {
    let at = root;
    for (const segment of path === "" ? [] : path.split(joint)) {
      const below: Tree = at.children.get(segment) ?? { children: new Map(), leaf: undefined };
      at.children.set(segment, below);
      at = below;
    }
    at.leaf = leaf;
  }
  return build(root);
}

interface Tree {
  children: Map<string, Tree>;
  leaf: unknown;
}

function build({ children, leaf }: Tree): unknown {
  if (children.size === 0) return leaf;
  const entries = [...children];
  if (entries.every(([segment]) => segment.startsWith("k:"))) return entries.map(([, child]) => build(child));
  return Object.fromEntries(entries.map(([segment, child]) => [segment.slice(2), build(child)]));
}
