import { equalJson } from "@moorage/kube-types";
import { schemaOfKey, type TypeSchema } from "../schema/type-schema.ts";
import { type Fields, isFields } from "../store/api-object.ts";
import { FieldSet } from "./field-set.ts";

/** An item of an associative list that cannot be told from the others. */
export class ListKeyError extends Error {
  override readonly name = "ListKeyError";
}

/** How a value is owned: as a whole, by its fields, or by its items. */
export function shapeOf(value: unknown, schema: TypeSchema | undefined): "leaf" | "map" | "list" {
  if (!schema || schema.atomic) return "leaf";
  if (Array.isArray(value)) return schema.kind === "list" && schema.list !== "atomic" ? "list" : "leaf";
  return isFields(value) && ["struct", "map", "any"].includes(schema.kind) ? "map" : "leaf";
}

/** The schema of a field: below a place that takes anything, anything goes. */
export function fieldSchema(schema: TypeSchema, key: string): TypeSchema | undefined {
  return (
    schemaOfKey(schema, key) ?? (schema.preserveUnknown ? (schema.kind === "any" ? schema : undefined) : undefined)
  );
}

/** The step that names an item of an associative list. @throws ListKeyError */
export function itemStep(item: unknown, schema: TypeSchema): string {
  if (schema.list === "set") return `v:${JSON.stringify(item)}`;
  if (!isFields(item)) throw new ListKeyError("associative list with keys may not have non-map elements");
  const keys: Fields = {};
  for (const key of [...schema.listKeys].sort()) {
    const value = item[key] ?? schema.element?.fields.get(key)?.default;
    if (value !== undefined) keys[key] = value;
  }
  if (Object.keys(keys).length > 0) return `k:${JSON.stringify(keys)}`;
  throw new ListKeyError(
    `associative list with keys has an element that omits key field ${schema.listKeys.map((key) => JSON.stringify(key)).join(", ")} (and doesn't have default value)`,
  );
}

/** The items of an associative list by their steps; later duplicates are left out. */
export function itemsByStep(list: unknown, schema: TypeSchema): Map<string, unknown> {
  const items = new Map<string, unknown>();
  if (!Array.isArray(list)) return items;
  for (const item of list) {
    const step = itemStep(item, schema);
    if (!items.has(step)) items.set(step, item);
  }
  return items;
}

/** Every field that `value` sets. */
export function fieldSetOf(value: unknown, schema: TypeSchema): FieldSet {
  const set = new FieldSet();
  collectBelow(set, value, schema);
  return set.tidy();
}

function collectBelow(set: FieldSet, value: unknown, schema: TypeSchema): void {
  const shape = shapeOf(value, schema);
  if (shape === "map" && isFields(value)) {
    for (const [key, child] of Object.entries(value)) collectField(set, key, { child, schema });
  } else if (shape === "list" && schema.element) {
    for (const [step, item] of itemsByStep(value, schema)) {
      if (shapeOf(item, schema.element) !== "leaf") collectBelow(set.below(step), item, schema.element);
      set.members.add(step);
    }
  }
}

function collectField(set: FieldSet, key: string, { child, schema }: { child: unknown; schema: TypeSchema }): void {
  if (child === undefined) return;
  const step = `f:${key}`;
  const childSchema = fieldSchema(schema, key);
  const isLeaf = shapeOf(child, childSchema) === "leaf";
  if (!isLeaf && childSchema) collectBelow(set.below(step), child, childSchema);
  const isEmptyMap = isFields(child) && Object.keys(child).length === 0;
  if (isLeaf || isEmptyMap || !schema.fields.has(key)) set.members.add(step);
}

/** What a change did to an object. */
export interface Comparison {
  readonly added: FieldSet;
  readonly modified: FieldSet;
  readonly removed: FieldSet;
}

/** Compares two states of an object. */
export function compareTyped(left: unknown, right: unknown, schema: TypeSchema): Comparison {
  const result = { added: new FieldSet(), modified: new FieldSet(), removed: new FieldSet() };
  compareChildren(result, { left, right, schema });
  for (const set of Object.values(result)) set.tidy();
  return result;
}

interface Pair {
  left: unknown;
  right: unknown;
  schema: TypeSchema;
}

function compareChildren(sets: Comparison, { left, right, schema }: Pair): void {
  const isList = shapeOf(left, schema) === "list" || shapeOf(right, schema) === "list";
  const [before, after] = isList
    ? [itemsByStep(left, schema), itemsByStep(right, schema)]
    : [fieldsByStep(left), fieldsByStep(right)];
  for (const step of new Set([...before.keys(), ...after.keys()])) {
    const child = isList ? schema.element : fieldSchema(schema, step.slice(2));
    compareStep(sets, step, { left: before.get(step), right: after.get(step), schema: child });
  }
}

function fieldsByStep(value: unknown): Map<string, unknown> {
  if (!isFields(value)) return new Map();
  return new Map(
    Object.entries(value)
      .filter(([, child]) => child !== undefined)
      .map(([key, child]) => [`f:${key}`, child]),
  );
}

function compareStep(
  sets: Comparison,
  step: string,
  pair: { left: unknown; right: unknown; schema: TypeSchema | undefined },
): void {
  const { left, right, schema } = pair;
  // Go's nil and an absent field are the same.
  if (left === right || (left === undefined && right === null) || (left === null && right === undefined)) return;
  const isLeaf = isLeafPair(left, right, schema);
  if (isLeaf || !schema) {
    if (left === undefined) sets.added.members.add(step);
    else if (right === undefined) sets.removed.members.add(step);
    else if (!equalJson(left, right)) sets.modified.members.add(step);
    return;
  }
  const below = {
    added: sets.added.below(step),
    modified: sets.modified.below(step),
    removed: sets.removed.below(step),
  };
  compareChildren(below, { left, right, schema });
  if (left === undefined) sets.added.members.add(step);
  else if (right === undefined) sets.removed.members.add(step);
}

function isLeafPair(left: unknown, right: unknown, schema: TypeSchema | undefined): boolean {
  const shapes = [left, right]
    .filter((value) => value !== undefined && value !== null)
    .map((value) => shapeOf(value, schema));
  if (shapes.length === 0 || shapes.includes("leaf")) return true;
  return isEmptyValue(left) && isEmptyValue(right);
}

/** Absent, null, `{}` or `[]`: two of these are compared as they stand. */
function isEmptyValue(value: unknown): boolean {
  if (value === undefined || value === null) return true;
  return Array.isArray(value) ? value.length === 0 : isFields(value) && Object.keys(value).length === 0;
}

/** `value` without the members of `set`; untouched parts are shared. */
export function removeFields(value: unknown, schema: TypeSchema, set: FieldSet): unknown {
  const shape = shapeOf(value, schema);
  if (shape === "map" && isFields(value)) return removeFromMap(value, schema, set);
  if (shape === "list" && Array.isArray(value)) return removeFromList(value, schema, set);
  return value;
}

function removeFromMap(value: Fields, schema: TypeSchema, set: FieldSet): unknown {
  if (Object.keys(value).length === 0) return undefined;
  const kept: Fields = {};
  for (const [key, child] of Object.entries(value)) {
    const step = `f:${key}`;
    if (set.members.has(step)) continue;
    const below = set.children.get(step);
    const next = below ? removeBelow(child, fieldSchema(schema, key), below) : child;
    if (next !== undefined) kept[key] = next;
  }
  return Object.keys(kept).length > 0 ? kept : undefined;
}

function removeFromList(value: unknown[], schema: TypeSchema, set: FieldSet): unknown {
  const kept: unknown[] = [];
  for (const item of value) {
    const step = itemStep(item, schema);
    if (set.members.has(step)) continue;
    const below = set.children.get(step);
    const next = below ? removeBelow(item, schema.element, below) : item;
    if (next !== undefined) kept.push(next);
  }
  return kept.length > 0 ? kept : undefined;
}

function removeBelow(value: unknown, schema: TypeSchema | undefined, set: FieldSet): unknown {
  if (!schema) return value;
  // An atomic value goes as a whole or not at all.
  return shapeOf(value, schema) === "leaf" ? value : removeFields(value, schema, set);
}
