const pattern = /^([+-]?)(\d*)(?:\.(\d*))?(?:([numkMGTPE]|[KMGTPE]i)|[eE]([+-]?\d{1,3}))?$/;
const decimalExponents: Readonly<Record<string, number>> = {
  n: -9,
  u: -6,
  m: -3,
  "": 0,
  k: 3,
  M: 6,
  G: 9,
  T: 12,
  P: 15,
  E: 18,
};
const binaryPowers: Readonly<Record<string, bigint>> = { Ki: 10n, Mi: 20n, Gi: 30n, Ti: 40n, Pi: 50n, Ei: 60n };

/**
 * The canonical form of a quantity, in which the API server stores it: `0.5` → `500m`, `1024Mi` → `1Gi`.
 * Undefined when `text` is no quantity.
 *
 * Source: the rules in the docstring of apimachinery's `resource.Quantity`.
 */
export function canonicalQuantity(text: string): string | undefined {
  const match = pattern.exec(text);
  if (!match) return undefined;
  const [, sign = "", whole = "", fraction = "", suffix = "", exponent] = match;
  if (whole === "" && fraction === "") return undefined;
  const prefix = sign === "-" ? "-" : "";
  // Everything is counted in units of 1e-9, the finest that a quantity holds; more is rounded up.
  const binary = binaryPowers[suffix];
  if (binary !== undefined) return prefix + canonicalBinary(whole, fraction, binary);
  const power = exponent === undefined ? (decimalExponents[suffix] ?? 0) : Number(exponent);
  const nanos = scale(whole + fraction, power - fraction.length + 9);
  return prefix + (exponent === undefined ? withSuffix(nanos) : withExponent(nanos));
}

/** `digits` × 10^power, rounded up. */
function scale(digits: string, power: number): bigint {
  const value = BigInt(digits);
  if (power >= 0) return value * 10n ** BigInt(power);
  const divisor = 10n ** BigInt(-power);
  return (value + divisor - 1n) / divisor;
}

const decimalSuffixes = [
  [27, "E"],
  [24, "P"],
  [21, "T"],
  [18, "G"],
  [15, "M"],
  [12, "k"],
  [9, ""],
  [6, "m"],
  [3, "u"],
  [0, "n"],
] as const;

/** The largest suffix that leaves an integer. */
function withSuffix(nanos: bigint): string {
  if (nanos === 0n) return "0";
  for (const [power, suffix] of decimalSuffixes) {
    const unit = 10n ** BigInt(power);
    if (nanos % unit === 0n) return `${nanos / unit}${suffix}`;
  }
  return `${nanos}n`;
}

function withExponent(nanos: bigint): string {
  const plain = withSuffix(nanos);
  const suffix = plain.replace(/\d+/, "");
  const exponent = decimalExponents[suffix] ?? 0;
  return exponent === 0 ? plain : `${plain.slice(0, -suffix.length)}e${exponent}`;
}

function canonicalBinary(whole: string, fraction: string, power: bigint): string {
  const divisor = 10n ** BigInt(fraction.length);
  const scaled = BigInt(whole + fraction) * 2n ** power;
  if (scaled % divisor !== 0n) return withSuffix(scale(String(scaled), 9 - fraction.length));
  const value = scaled / divisor;
  if (value === 0n) return "0";
  for (const [suffix, bits] of Object.entries(binaryPowers).reverse()) {
    if (value % 2n ** bits === 0n) return `${value / 2n ** bits}${suffix}`;
  }
  return String(value);
}
