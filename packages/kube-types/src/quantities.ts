const suffixes: Readonly<Record<string, number>> = {
  n: 1e-9,
  u: 1e-6,
  m: 1e-3,
  "": 1,
  k: 1e3,
  M: 1e6,
  G: 1e9,
  T: 1e12,
  P: 1e15,
  E: 1e18,
  Ki: 2 ** 10,
  Mi: 2 ** 20,
  Gi: 2 ** 30,
  Ti: 2 ** 40,
  Pi: 2 ** 50,
  Ei: 2 ** 60,
};

/**
 * The value of a Kubernetes quantity in its base unit: `"250m"` is 0.25, `"64Mi"` is 67108864.
 *
 * Source: `resource.ParseQuantity` of apimachinery. Values beyond 2^53 lose precision.
 * @throws RangeError when `text` is no quantity.
 */
export function parseQuantity(text: string | number): number {
  const match = /^([+-]?(?:\d+\.?\d*|\.\d+))(?:([numkMGTPE]|[KMGTPE]i)|[eE]([+-]?\d+))?$/.exec(String(text));
  if (!match)
    throw new RangeError(
      `Cannot parse quantity "${text}": expected a number with an optional suffix such as "500m" or "64Mi"`,
    );
  const [, number, suffix = "", exponent = "0"] = match;
  return Number(number) * (suffixes[suffix] ?? 1) * 10 ** Number(exponent);
}
