import { basename } from "node:path";
import { type PackageReference, parsePackage } from "./image-reference.ts";

/** A package call found among the words of a command line: `words.slice(start, end)` mean the package. */
export interface PackageCall {
  form: "npx" | "uvx";
  package: PackageReference;
  /** The program of the package, when the call names one. */
  command?: string;
  start: number;
  end: number;
}

/**
 * Finds `npx -y PACKAGE@VERSION` or `uvx PACKAGE@VERSION` where a program is named: at the start of the words, or
 * behind `-e` of the stdio bridge (`nc -ll -p 3000 -e npx -y …`). Elsewhere they are arguments of something else.
 */
export function findPackageCall(words: readonly string[]): PackageCall | undefined {
  const isBridge = words[0] !== undefined && basename(words[0]) === "nc";
  const start = isBridge ? words.indexOf("-e") + 1 : 0;
  if (isBridge && start === 0) return undefined;
  const program = basename(words[start] ?? "");
  if (program === "npx") return npxCall(words, start);
  if (program === "uvx") return uvxCall(words, start);
  // `uv tool run` is what uvx stands for.
  return program === "uv" && words[start + 1] === "tool" && words[start + 2] === "run"
    ? uvxCall(words, start + 2, start)
    : undefined;
}

function npxCall(words: readonly string[], start: number): PackageCall | undefined {
  const { option, index } = skipFlags(words, start + 1, ["-p", "--package"]);
  return packageCall("npx", words, { option, index, start });
}

function uvxCall(words: readonly string[], program: number, start = program): PackageCall | undefined {
  const { option, index } = skipFlags(words, program + 1, ["--from"]);
  return packageCall("uvx", words, { option, index, start });
}

/** Steps over flags to the first word that is none; `option` is the value of the flag that names the package. */
function skipFlags(
  words: readonly string[],
  from: number,
  names: readonly string[],
): { option?: string; index: number } {
  let option: string | undefined;
  let index = from;
  for (; (words[index] ?? "").startsWith("-"); index++) {
    const [flag = "", value] = (words[index] ?? "").split("=", 2);
    if (names.includes(flag)) option = value ?? words[++index];
    if (flag === "--") return { index: index + 1, ...(option !== undefined && { option }) };
  }
  return { index, ...(option !== undefined && { option }) };
}

function packageCall(
  form: "npx" | "uvx",
  words: readonly string[],
  { option, index, start }: { option: string | undefined; index: number; start: number },
): PackageCall | undefined {
  const word = words[index];
  const reference = word === undefined ? undefined : parsePackage(form, option ?? word);
  if (!reference || word === undefined) return undefined;
  return { form, package: reference, ...(option !== undefined && { command: word }), start, end: index + 1 };
}
