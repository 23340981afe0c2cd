/**
 * Orders two resourceVersions of one resource type: negative when `a` is older, undefined when they cannot be ordered.
 *
 * The API says that a version that is a decimal number may be compared as one (KEP-5504); any other is opaque.
 * Versions exceed 2^53 in principle, so digits are compared, not numbers.
 */
function compareVersions(a: string | undefined, b: string | undefined): number | undefined {
  if (a === b) return 0;
  if (!isNumber(a) || !isNumber(b)) return undefined;
  if (a.length !== b.length) return a.length - b.length;
  return a < b ? -1 : 1;
}

/** Whether `a` is surely older than `b`. */
export function isOlder(a: string | undefined, b: string | undefined): boolean {
  const order = compareVersions(a, b);
  return order !== undefined && order < 0;
}

function isNumber(version: string | undefined): version is string {
  return version !== undefined && /^[1-9]\d*$/.test(version);
}
