/** Whether two JSON values are the same. A field that is `undefined` counts as absent; the order of fields does not matter. */
export function equalJson(left: unknown, right: unknown): boolean {
  if (left === right) return true;
  if (typeof left !== "object" || typeof right !== "object" || left === null || right === null) return false;
  if (Array.isArray(left) || Array.isArray(right)) return equalLists(left, right);
  return equalFields(new Map(Object.entries(left)), new Map(Object.entries(right)));
}

function equalLists(left: unknown, right: unknown): boolean {
  if (!Array.isArray(left) || !Array.isArray(right) || left.length !== right.length) return false;
  return left.every((item, index) => equalJson(item, right[index]));
}

function equalFields(left: Map<string, unknown>, right: Map<string, unknown>): boolean {
  for (const [key, value] of left) if (!equalJson(value, right.get(key))) return false;
  for (const [key, value] of right) if (value !== undefined && left.get(key) === undefined) return false;
  return true;
}
