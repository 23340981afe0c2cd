import type { Environment } from "@marcbachmann/cel-js";

/** A semantic version. */
class Semver {
  readonly numbers: readonly bigint[];
  readonly pre: readonly string[];

  constructor(numbers: readonly bigint[], pre: readonly string[]) {
    this.numbers = numbers;
    this.pre = pre;
  }
}

const number = "(0|[1-9]\\d*)";
const form = new RegExp(`^${number}\\.${number}\\.${number}(?:-([0-9A-Za-z.-]+))?(?:\\+[0-9A-Za-z.-]+)?$`);

function parseSemver(text: string): Semver | undefined {
  const [, major, minor, patch, pre = ""] = form.exec(text) ?? [];
  if (major === undefined || minor === undefined || patch === undefined) return undefined;
  const parts = pre === "" ? [] : pre.split(".");
  if (parts.some((part) => part === "" || /^0\d+$/.test(part))) return undefined;
  return new Semver([BigInt(major), BigInt(minor), BigInt(patch)], parts);
}

/** `v1.02` → `1.2.0`. Source: `normalizeAndParse`. */
function normalized(text: string): string {
  const [, core = "", rest = ""] = /^v?([^-+]*)(.*)$/s.exec(text) ?? [];
  const parts = core.split(".").map((part) => part.replace(/^0+(?=\d)/, ""));
  if (parts.length < 3 && rest !== "") return text;
  while (parts.length < 3) parts.push("0");
  return `${parts.join(".")}${rest}`;
}

function semver(text: string, mend = false): Semver {
  const parsed = parseSemver(mend ? normalized(text) : text);
  if (parsed) return parsed;
  throw new Error(
    text.split(".").length === 3
      ? `Invalid character(s) found in version ${JSON.stringify(text)}`
      : "No Major.Minor.Patch elements found",
  );
}

function compare(left: Semver, right: Semver): bigint {
  for (const [index, part] of left.numbers.entries()) {
    const other = right.numbers[index] ?? 0n;
    if (part !== other) return part < other ? -1n : 1n;
  }
  if (left.pre.length === 0 || right.pre.length === 0) return BigInt(Math.sign(right.pre.length - left.pre.length));
  for (const [index, part] of left.pre.entries()) {
    const other = right.pre[index];
    if (other === undefined) return 1n;
    if (part !== other) return comparePre(part, other);
  }
  return left.pre.length < right.pre.length ? -1n : 0n;
}

/** Numbers come before texts, and count as numbers. */
function comparePre(left: string, right: string): bigint {
  const [a, b] = [/^\d+$/.test(left), /^\d+$/.test(right)];
  if (a !== b) return a ? -1n : 1n;
  const isLess = a ? BigInt(left) < BigInt(right) : left < right;
  return isLess ? -1n : 1n;
}

/** Versions in CEL. Source: version 1 of `library.SemverLib` of k8s.io/apiserver. */
export function registerSemver(environment: Environment): void {
  environment
    .registerType("kubernetes.Semver", Semver)
    .registerFunction("semver(string): kubernetes.Semver", (text: string) => semver(text))
    .registerFunction("semver(string, bool): kubernetes.Semver", semver)
    .registerFunction("isSemver(string): bool", (text: string) => parseSemver(text) !== undefined)
    .registerFunction(
      "isSemver(string, bool): bool",
      (text: string, mend: boolean) => parseSemver(mend ? normalized(text) : text) !== undefined,
    )
    .registerFunction("kubernetes.Semver.major(): int", ({ numbers }: Semver) => numbers[0])
    .registerFunction("kubernetes.Semver.minor(): int", ({ numbers }: Semver) => numbers[1])
    .registerFunction("kubernetes.Semver.patch(): int", ({ numbers }: Semver) => numbers[2])
    .registerFunction("kubernetes.Semver.compareTo(kubernetes.Semver): int", compare)
    .registerFunction(
      "kubernetes.Semver.isLessThan(kubernetes.Semver): bool",
      (a: Semver, b: Semver) => compare(a, b) < 0n,
    )
    .registerFunction(
      "kubernetes.Semver.isGreaterThan(kubernetes.Semver): bool",
      (a: Semver, b: Semver) => compare(a, b) > 0n,
    )
    .registerOperator("kubernetes.Semver == kubernetes.Semver", (a: Semver, b: Semver) => compare(a, b) === 0n);
}
