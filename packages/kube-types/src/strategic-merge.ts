import { equalJson } from "./equal-json.ts";

/** A JSON object whose fields are not known. */
type Fields = Record<string, unknown>;

/** What strategic merge needs to know of a place in an object: its fields, and how a list there merges. */
export interface MergeSchema {
  /** `map`: `element` says of every key's value; else `fields` say it by name. */
  readonly kind?: string;
  readonly fields: ReadonlyMap<string, MergeSchema>;
  readonly element?: MergeSchema | undefined;
  /** `merge`, `replace`, `retainKeys`: `x-kubernetes-patch-strategy` of the OpenAPI documents. */
  readonly patchStrategy: readonly string[];
  /** The field by which items of a list are the same. Absent: a list of scalars. */
  readonly patchMergeKey?: string | undefined;
}

/** The patch does not fit; the message says where. */
export class StrategicMergeError extends Error {
  override readonly name = "StrategicMergeError";
}

const directive = "$patch";
const deletePrefix = "$deleteFromPrimitiveList/";
const orderPrefix = "$setElementOrder/";
const retainKeys = "$retainKeys";

/**
 * Applies a strategic merge patch: like a merge patch, but lists merge by the key (or as sets) where the kind says so,
 * and `$patch`, `$deleteFromPrimitiveList`, `$setElementOrder` and `$retainKeys` direct it.
 * `target` may be changed.
 *
 * Source: "Strategic merge patch" of sig-api-machinery's documents, and `strategicpatch` of apimachinery.
 * @throws StrategicMergeError
 */
export function applyStrategicMerge(target: unknown, patch: unknown, schema: MergeSchema): unknown {
  if (!isFields(patch)) return patch;
  return mergeObject(isFields(target) ? target : {}, patch, schema);
}

function mergeObject(target: Fields, patch: Fields, schema: MergeSchema | undefined): Fields {
  const wish = patch[directive];
  if (wish === "replace") return withoutDirectives(patch);
  if (wish === "delete") return {};
  if (wish !== undefined && wish !== "merge")
    throw new StrategicMergeError(`Unknown patch type found: ${String(wish)}`);
  dropUnretained(target, patch);
  for (const [key, value] of Object.entries(patch)) {
    if (key === directive || key === retainKeys || key.startsWith(orderPrefix)) continue;
    if (key.startsWith(deletePrefix)) deletePrimitives(target, key.slice(deletePrefix.length), value);
    else if (value === null) delete target[key];
    else
      target[key] = mergeValue(target[key], value, {
        schema: schema && mergeSchemaOfKey(schema, key),
        order: orderOf(patch, key),
      });
  }
  orderUntouched(target, patch, schema);
  return target;
}

interface ListContext {
  schema: MergeSchema | undefined;
  order: unknown[] | undefined;
}

function mergeValue(target: unknown, patch: unknown, context: ListContext): unknown {
  const { schema } = context;
  const strategies = schema?.patchStrategy ?? [];
  if (isFields(patch)) {
    if (strategies.includes("replace")) return withoutDirectives(patch);
    return mergeObject(isFields(target) ? target : {}, patch, schema);
  }
  if (!Array.isArray(patch)) return patch;
  if (!strategies.includes("merge")) return structuredClone(patch);
  return mergeList(Array.isArray(target) ? target : [], patch, context);
}

function mergeList(target: unknown[], patch: unknown[], { schema, order }: ListContext): unknown[] {
  const key = schema?.patchMergeKey;
  const merged =
    key === undefined ? mergePrimitives(target, patch) : mergeByKey(target, patch, { key, element: schema?.element });
  return arrange(merged, { order: order ?? patch, server: target, key });
}

function mergePrimitives(target: unknown[], patch: unknown[]): unknown[] {
  return [...target, ...patch.filter((item) => !target.some((present) => equalJson(present, item)))];
}

function mergeByKey(
  target: unknown[],
  patch: unknown[],
  { key, element }: { key: string; element: MergeSchema | undefined },
): unknown[] {
  const result = [...target];
  const replaces = patch.some((item) => isFields(item) && item[directive] === "replace");
  if (replaces)
    return patch
      .filter((item) => !(isFields(item) && item[directive] === "replace" && item[key] === undefined))
      .map(stripDirective);
  for (const item of patch) mergeItem(result, keyedItem(item, key), { key, element });
  return result;
}

function keyedItem(item: unknown, key: string): Fields {
  if (!isFields(item)) throw new StrategicMergeError(`items of a list that merges by "${key}" must be objects`);
  if (item[key] !== undefined) return item;
  throw new StrategicMergeError(`map: ${JSON.stringify(item)} does not contain declared merge key: ${key}`);
}

function mergeItem(
  list: unknown[],
  item: Fields,
  { key, element }: { key: string; element: MergeSchema | undefined },
): void {
  const index = list.findIndex((present) => isFields(present) && equalJson(present[key], item[key]));
  if (item[directive] === "delete") {
    if (index >= 0) list.splice(index, 1);
    return;
  }
  const present = list[index];
  const merged = mergeObject(isFields(present) ? present : {}, item, element);
  if (index >= 0) list[index] = merged;
  else list.push(merged);
}

function stripDirective(item: unknown): unknown {
  return isFields(item) ? withoutDirectives(item) : item;
}

function withoutDirectives(patch: Fields): Fields {
  const { [directive]: _directive, [retainKeys]: _retained, ...content } = patch;
  return structuredClone(content);
}

function orderOf(patch: Fields, key: string): unknown[] | undefined {
  const order = patch[`${orderPrefix}${key}`];
  return Array.isArray(order) ? order : undefined;
}

/** Lists whose order is directed although the patch changes none of their items. */
function orderUntouched(target: Fields, patch: Fields, schema: MergeSchema | undefined): void {
  for (const directiveKey of Object.keys(patch).filter((name) => name.startsWith(orderPrefix))) {
    const key = directiveKey.slice(orderPrefix.length);
    const list = target[key];
    const order = orderOf(patch, key);
    if (patch[key] !== undefined || !Array.isArray(list) || !order) continue;
    target[key] = arrange(list, { order, server: list, key: schema && mergeSchemaOfKey(schema, key)?.patchMergeKey });
  }
}

/**
 * The items that the patch speaks of in its order, between those that only the server has: a server's item comes first
 * only where it stood before the other one in the server's own list.
 *
 * Source: `normalizeElementOrder` of apimachinery's strategicpatch.
 */
function arrange(
  merged: unknown[],
  { order, server, key }: { order: unknown[]; server: unknown[]; key: string | undefined },
): unknown[] {
  const identity = (item: unknown) => (key !== undefined && isFields(item) ? item[key] : item);
  const positionIn = (list: unknown[], item: unknown) =>
    list.findIndex((other) => equalJson(identity(other), identity(item)));
  const named = merged.filter((item) => positionIn(order, item) >= 0);
  named.sort((left, right) => positionIn(order, left) - positionIn(order, right));
  const serverOnly = merged.filter((item) => positionIn(order, item) < 0);
  const arranged: unknown[] = [];
  while (named.length > 0 && serverOnly.length > 0) {
    const position = positionIn(server, named[0]);
    const isBehind = position >= 0 && positionIn(server, serverOnly[0]) < position;
    arranged.push((isBehind ? serverOnly : named).shift());
  }
  return [...arranged, ...named, ...serverOnly];
}

function deletePrimitives(target: Fields, key: string, values: unknown): void {
  const list = target[key];
  if (!Array.isArray(list) || !Array.isArray(values)) return;
  target[key] = list.filter((item) => !values.some((value) => equalJson(value, item)));
}

/** `$retainKeys`: whatever is not named goes, so that one of several alternatives can replace another. */
function dropUnretained(target: Fields, patch: Fields): void {
  const retained = patch[retainKeys];
  if (!Array.isArray(retained)) return;
  for (const key of Object.keys(target)) if (!retained.includes(key)) delete target[key];
}

function mergeSchemaOfKey(schema: MergeSchema, key: string): MergeSchema | undefined {
  return schema.fields.get(key) ?? (schema.kind === "map" ? schema.element : undefined);
}

function isFields(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
