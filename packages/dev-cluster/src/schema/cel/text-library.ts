import type { Environment } from "@marcbachmann/cel-js";

/** Go's regular expressions are JavaScript's but for inline flags and named groups. */
function regex(pattern: string, flags = ""): RegExp {
  const inline = /^\(\?([ims]+)\)/.exec(pattern);
  const source = pattern.slice(inline?.[0].length ?? 0).replaceAll("(?P<", "(?<");
  try {
    return new RegExp(source, `u${flags}${inline?.[1] ?? ""}`);
  } catch (error) {
    throw new Error(`Illegal regex: ${error instanceof Error ? error.message : String(error)}`);
  }
}

function findAll(text: string, pattern: string, limit = -1n): string[] {
  const found = [...text.matchAll(regex(pattern, "g"))].map(([match]) => match);
  return limit < 0n ? found : found.slice(0, Number(limit));
}

function charAt(text: string, index: bigint): string {
  const characters = [...text];
  if (index < 0n || index > BigInt(characters.length)) throw new Error(`index out of range: ${index}`);
  return characters[Number(index)] ?? "";
}

function replace(text: string, from: string, to: string, limit: bigint): string {
  if (limit < 0n) return text.replaceAll(from, () => to);
  let left = Number(limit);
  return text.replaceAll(from, (match) => (left-- > 0 ? to : match));
}

function quote(text: string): string {
  return JSON.stringify(text);
}

const verb = /%(?:%|(?:\.(\d+))?([sdfeboxX]))/g;

/** Source: `string.format` of cel-go's strings extension. */
function format(template: string, values: readonly unknown[]): string {
  let next = 0;
  return template.replace(verb, (whole, precision: string | undefined, letter: string | undefined) => {
    if (letter === undefined) return "%";
    if (next >= values.length) throw new Error(`index ${next} out of range`);
    return formatted(values[next++], letter, precision === undefined ? 6 : Number(precision)) ?? whole;
  });
}

function formatted(value: unknown, letter: string, precision: number): string | undefined {
  switch (letter) {
    case "s":
      return shown(value);
    case "d":
      return String(value);
    case "f":
      return Number(value).toFixed(precision);
    case "e":
      return Number(value)
        .toExponential(precision)
        .replace(/e([+-])(\d)$/, "e$10$2");
    case "b":
      return typeof value === "boolean" ? (value ? "1" : "0") : BigInt(String(value)).toString(2);
    case "o":
      return BigInt(String(value)).toString(8);
    default: {
      const hex = typeof value === "string" ? Buffer.from(value).toString("hex") : BigInt(String(value)).toString(16);
      return letter === "X" ? hex.toUpperCase() : hex;
    }
  }
}

function shown(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(shownInside).join(", ")}]`;
  if (value instanceof Date) return value.toISOString().replace(/\.000Z$/, "Z");
  if (typeof value !== "object" || value === null || Object.getPrototypeOf(value) !== Object.prototype)
    return String(value);
  const entries = Object.entries(value).sort(([left], [right]) => (left < right ? -1 : 1));
  return `{${entries.map(([key, item]) => `${JSON.stringify(key)}:${shownInside(item)}`).join(", ")}}`;
}

/** Inside of lists and maps texts are quoted and numbers have six digits. */
function shownInside(value: unknown): string {
  if (typeof value === "string") return JSON.stringify(value);
  return typeof value === "number" ? value.toFixed(6) : shown(value);
}

/** Functions are called as `strings.quote(…)`. */
class StringsNamespace {}

/** Text in CEL. Source: `library.Regex` of k8s.io/apiserver and version 2 of `ext.Strings` of cel-go. */
export function registerText(environment: Environment): void {
  environment
    .registerFunction(
      "string.find(string): string",
      (text: string, pattern: string) => regex(pattern).exec(text)?.[0] ?? "",
    )
    .registerFunction("string.findAll(string): list<string>", (text: string, pattern: string) => findAll(text, pattern))
    .registerFunction("string.findAll(string, int): list<string>", findAll)
    .registerFunction("string.charAt(int): string", charAt)
    .registerFunction("string.replace(string, string): string", (text: string, from: string, to: string) =>
      replace(text, from, to, -1n),
    )
    .registerFunction("string.replace(string, string, int): string", replace)
    .registerFunction("string.format(list): string", format)
    .registerType("StringsNamespace", StringsNamespace)
    .registerConstant("strings", "StringsNamespace", new StringsNamespace())
    .registerFunction("StringsNamespace.quote(string): string", (_strings: StringsNamespace, text: string) =>
      quote(text),
    );
}
