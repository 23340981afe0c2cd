import type { TypeSchema } from "../schema/type-schema.ts";
import { isFields } from "../store/api-object.ts";
import { fieldSchema, itemStep, ListKeyError, shapeOf } from "./typed-walk.ts";

/** Refuses a configuration in which an associative list names one item twice. @throws ListKeyError with the list's path. */
export function checkListKeys(value: unknown, schema: TypeSchema, path: string): void {
  const shape = shapeOf(value, schema);
  if (shape === "map" && isFields(value)) {
    for (const [key, child] of Object.entries(value)) {
      const field = fieldSchema(schema, key);
      if (field) checkListKeys(child, field, `${path}.${key}`);
    }
  } else if (shape === "list" && Array.isArray(value)) checkItems(value, schema, path);
}

function checkItems(list: unknown[], schema: TypeSchema, path: string): void {
  const seen = new Set<string>();
  for (const [index, item] of list.entries()) {
    const step = stepOf(item, schema, `${path}: element ${index}`);
    if (seen.has(step)) throw new ListKeyError(`${path}: duplicate entries for key ${shownKey(step)}`);
    seen.add(step);
    if (schema.element) checkListKeys(item, schema.element, `${path}${shownKey(step)}`);
  }
}

function stepOf(item: unknown, schema: TypeSchema, place: string): string {
  try {
    return itemStep(item, schema);
  } catch (error) {
    if (!(error instanceof ListKeyError)) throw error;
    throw new ListKeyError(`${place}: ${error.message}`);
  }
}

function shownKey(step: string): string {
  if (step.startsWith("v:")) return `[=${step.slice(2)}]`;
  const keys: unknown = JSON.parse(step.slice(2));
  const pairs = isFields(keys) ? Object.entries(keys).map(([key, value]) => `${key}=${JSON.stringify(value)}`) : [];
  return `[${pairs.join(",")}]`;
}
