import type { TypeSchema } from "../schema/type-schema.ts";
import { type Fields, isFields } from "../store/api-object.ts";
import { fieldSchema, itemStep, itemsByStep, ListKeyError, shapeOf } from "./typed-walk.ts";

/**
 * Merges an applied configuration into a live object: what the configuration sets wins, everything else stays.
 * The result may share parts with both.
 *
 * @throws ListKeyError for duplicate items in the configuration.
 */
export function mergeTyped(live: unknown, applied: unknown, schema: TypeSchema | undefined): unknown {
  if (applied === undefined) return live;
  const shape = shapeOf(applied, schema);
  if (!schema || shape === "leaf") return applied;
  // A live value of another shape gives way, but the configuration's own lists are checked all the same.
  const base = shapeOf(live, schema) === shape ? live : undefined;
  return shape === "map" ? mergeMaps(base, applied, schema) : mergeLists(base, applied, schema);
}

function mergeMaps(live: unknown, applied: unknown, schema: TypeSchema): unknown {
  if (!isFields(applied)) return applied;
  const before = isFields(live) ? live : {};
  const merged: Fields = { ...before };
  for (const [key, value] of Object.entries(applied)) {
    merged[key] = mergeTyped(before[key], value, fieldSchema(schema, key));
  }
  return merged;
}

function checkDistinct(list: unknown, schema: TypeSchema): void {
  const seen = new Set<string>();
  for (const item of Array.isArray(list) ? list : []) {
    const step = itemStep(item, schema);
    if (seen.has(step)) throw new ListKeyError(`duplicate entries for key ${step.slice(2)}`);
    seen.add(step);
  }
}

/** Items of both in the order of the configuration; items of the live list alone keep their place before the next shared one. */
function mergeLists(live: unknown, applied: unknown, schema: TypeSchema): unknown {
  checkDistinct(applied, schema);
  const left = itemsByStep(live, schema);
  const right = itemsByStep(applied, schema);
  const shared = [...right.keys()].filter((step) => left.has(step));
  const merged: unknown[] = [];
  const done = new Set<string>();
  const rightSteps = [...right.keys()];
  let next = 0;
  const takeRight = () => {
    const step = rightSteps[next++] ?? "";
    done.add(step);
    merged.push(mergeTyped(left.get(step), right.get(step), schema.element));
    if (shared[0] === step) shared.shift();
  };
  for (const [step, item] of left) {
    if (!right.has(step)) {
      merged.push(item);
      continue;
    }
    // A shared item out of turn waits for the configuration to come to it.
    if (done.has(step) || (shared[0] !== undefined && shared[0] !== step)) continue;
    while (next < rightSteps.length && !done.has(step)) takeRight();
  }
  while (next < rightSteps.length) takeRight();
  return merged;
}
