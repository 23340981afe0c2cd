import type { Environment } from "@marcbachmann/cel-js";

/** An amount, exact to a billionth. */
class Quantity {
  readonly nano: bigint;

  constructor(nano: bigint) {
    this.nano = nano;
  }
}

const billion = 1_000_000_000n;
const form = /^([+-]?)(\d*)(?:\.(\d*))?(?:(n|u|m|k|M|G|T|P|E|Ki|Mi|Gi|Ti|Pi|Ei)|[eE]([+-]?\d+))?$/;
const decimal: Readonly<Record<string, number>> = { n: -9, u: -6, m: -3, k: 3, M: 6, G: 9, T: 12, P: 15, E: 18 };
const binary = ["Ki", "Mi", "Gi", "Ti", "Pi", "Ei"];

/** Source: `resource.ParseQuantity`. Fractions below a billionth are rounded away from zero. */
function parseQuantity(text: string): Quantity | undefined {
  const match = form.exec(text);
  const [, sign = "", whole = "", fraction = "", suffix = "", exponent] = match ?? [];
  if (!match || (whole === "" && fraction === "")) return undefined;
  const power = exponent === undefined ? (decimal[suffix] ?? 0) : Number(exponent);
  const factor = 1024n ** BigInt(binary.indexOf(suffix) + 1);
  const digits = BigInt(`${whole}${fraction}`) * factor;
  const shift = 9 + power - fraction.length;
  const nano = shift >= 0 ? digits * 10n ** BigInt(shift) : roundedUp(digits, 10n ** BigInt(-shift));
  return new Quantity(sign === "-" ? -nano : nano);
}

function roundedUp(value: bigint, divisor: bigint): bigint {
  return (value + divisor - 1n) / divisor;
}

function quantity(text: string): Quantity {
  const parsed = parseQuantity(text);
  if (parsed) return parsed;
  throw new Error("quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'");
}

function compare(left: Quantity, right: Quantity): bigint {
  return left.nano < right.nano ? -1n : left.nano > right.nano ? 1n : 0n;
}

function asInteger({ nano }: Quantity): bigint {
  if (nano % billion !== 0n) throw new Error("cannot convert value to integer");
  return nano / billion;
}

/** Amounts of resources in CEL. Source: `library.Quantity` of k8s.io/apiserver. */
export function registerQuantities(environment: Environment): void {
  environment
    .registerType("kubernetes.Quantity", Quantity)
    .registerFunction("quantity(string): kubernetes.Quantity", quantity)
    .registerFunction("isQuantity(string): bool", (text: string) => parseQuantity(text) !== undefined)
    .registerFunction("sign(kubernetes.Quantity): int", (value: Quantity) => compare(value, new Quantity(0n)))
    .registerFunction(
      "kubernetes.Quantity.isGreaterThan(kubernetes.Quantity): bool",
      (a: Quantity, b: Quantity) => a.nano > b.nano,
    )
    .registerFunction(
      "kubernetes.Quantity.isLessThan(kubernetes.Quantity): bool",
      (a: Quantity, b: Quantity) => a.nano < b.nano,
    )
    .registerFunction("kubernetes.Quantity.compareTo(kubernetes.Quantity): int", compare)
    .registerFunction(
      "kubernetes.Quantity.asApproximateFloat(): double",
      ({ nano }: Quantity) => Number(nano) / Number(billion),
    )
    .registerFunction("kubernetes.Quantity.asInteger(): int", asInteger)
    .registerFunction("kubernetes.Quantity.isInteger(): bool", ({ nano }: Quantity) => nano % billion === 0n)
    .registerFunction(
      "kubernetes.Quantity.add(kubernetes.Quantity): kubernetes.Quantity",
      (a: Quantity, b: Quantity) => new Quantity(a.nano + b.nano),
    )
    .registerFunction(
      "kubernetes.Quantity.add(int): kubernetes.Quantity",
      (a: Quantity, b: bigint) => new Quantity(a.nano + b * billion),
    )
    .registerFunction(
      "kubernetes.Quantity.sub(kubernetes.Quantity): kubernetes.Quantity",
      (a: Quantity, b: Quantity) => new Quantity(a.nano - b.nano),
    )
    .registerFunction(
      "kubernetes.Quantity.sub(int): kubernetes.Quantity",
      (a: Quantity, b: bigint) => new Quantity(a.nano - b * billion),
    )
    .registerOperator("kubernetes.Quantity == kubernetes.Quantity", (a: Quantity, b: Quantity) => a.nano === b.nano);
}
