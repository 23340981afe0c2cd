/** Whether two JSON values are the same. A field that is `undefined` counts as absent; the order of fields does not matter. */
export function equalJson(left: unknown, right: unknown): boolean {
  if (left === right) return true;
  if (typeof left !== "object" || typeof right !== "object" || left === null || right === null) return false;
  if (Array.isArray(left) || Array.isArray(right)) return equalLists(left, right);
  return equalFields(left, right);
}

function equalLists(left: unknown, right: unknown): boolean {
  if (!Array.isArray(left) || !Array.isArray(right) || left.length !== right.length) return false;
  return left.every((item, index) => equalJson(item, right[index]));
}

/** Every operator compares a lot, so nothing is copied: maps of the fields took four times as long. */
function equalFields(left: Readonly<Record<string, unknown>>, right: Readonly<Record<string, unknown>>): boolean {
  let more = 0;
  for (const field of Object.keys(left)) {
    const value = left[field];
    if (value === undefined) continue;
    // What every object inherits is no field.
    if (!Object.hasOwn(right, field) || !equalJson(value, right[field])) return false;
    more -= 1;
  }
  for (const field of Object.keys(right)) if (right[field] !== undefined) more += 1;
  return more === 0;
}
