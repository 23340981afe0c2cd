/**
 * The number that an IntOrString such as `2` or `"25%"` means of `total`.
 * Source: `intstr.GetScaledValueFromIntOrPercent`. A text that is neither counts as 0: the API server refuses those.
 */
export function scaledValue(value: number | string, total: number, rounding: "up" | "down"): number {
  if (typeof value === "number") return value;
  const match = /^(\d+)%$/.exec(value);
  if (!match) return Number.parseInt(value, 10) || 0;
  const exact = (Number(match[1]) * total) / 100;
  return rounding === "up" ? Math.ceil(exact) : Math.floor(exact);
}
