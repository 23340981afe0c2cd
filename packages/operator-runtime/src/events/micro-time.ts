/** `metav1.MicroTime`: `2026-11-21T09:30:00.123000Z`. The clock gives milliseconds; the rest is zeros. */
export function microTime(milliseconds: number): string {
  return new Date(milliseconds).toISOString().replace("Z", "000Z");
}
