/** Whether `value` is a JSON object: no array, no null. */
export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** A text field; numbers and absent fields count as absent. */
export function text(from: Record<string, unknown>, field: string): string | undefined {
  const value = from[field];
  return typeof value === "string" && value !== "" ? value : undefined;
}

export function record(from: Record<string, unknown>, field: string): Record<string, unknown> | undefined {
  const value = from[field];
  return isRecord(value) ? value : undefined;
}

export function list(from: Record<string, unknown>, field: string): readonly unknown[] {
  const value = from[field];
  return Array.isArray(value) ? value : [];
}

export function texts(from: Record<string, unknown>, field: string): string[] {
  return list(from, field).filter((value) => typeof value === "string");
}
