import type { ASTNode, Environment } from "@marcbachmann/cel-js";
import { celEnvironment } from "./cel/cel-environment.ts";

/** What came of an expression. */
type CelOutcome = { readonly ok: true; readonly value: unknown } | { readonly ok: false; readonly error: string };

/** An expression that is ready to run; one that does not compile fails at every run. */
export interface CelProgram {
  readonly error: string | undefined;
  evaluate(variables: Record<string, unknown>): CelOutcome;
}

/** Expressions are few and long-lived; the bound keeps a hostile CRD from filling the memory. */
const cacheLimit = 4096;
const cache = new Map<string, CelProgram>();

/** Made when the first expression comes: a cluster without any starts sooner. */
let environment: Environment | undefined;

/** Compiles an expression; the same text is compiled once. */
export function compileCel(expression: string, { optionalOldSelf = false } = {}): CelProgram {
  const key = optionalOldSelf ? `optional ${expression}` : expression;
  const known = cache.get(key);
  if (known) return known;
  if (cache.size >= cacheLimit) cache.clear();
  environment ??= celEnvironment();
  // The type must be known: `oldSelf.value()` of a value that may be anything has none.
  const chosen = optionalOldSelf ? environment.clone().registerVariable("oldSelf", "optional<dyn>") : environment;
  const program = compile(chosen, expression);
  cache.set(key, program);
  return program;
}

/** The parsed form of an expression, or undefined for one that does not parse. */
export function celAst(expression: string): ASTNode | undefined {
  environment ??= celEnvironment();
  try {
    return environment.parse(expression).ast;
  } catch {
    // Whoever compiles the expression is told what is wrong with it.
    return undefined;
  }
}

/** A macro of the library that Kubernetes does not have. */
const unknownMacro = /\bcel\s*\.\s*bind\s*\(/;

function compile(chosen: Environment, expression: string): CelProgram {
  if (unknownMacro.test(expression)) return failing("undeclared reference to 'cel'");
  try {
    const run = chosen.parse(expression);
    return { error: undefined, evaluate: (variables) => evaluate(() => run(variables)) };
  } catch (error) {
    return failing(textOf(error));
  }
}

function failing(error: string): CelProgram {
  return { error, evaluate: () => ({ ok: false, error }) };
}

function evaluate(run: () => unknown): CelOutcome {
  try {
    return { ok: true, value: run() };
  } catch (error) {
    return { ok: false, error: textOf(error) };
  }
}

function textOf(error: unknown): string {
  // The first line says what is wrong; the others draw the place.
  const text = (error instanceof Error ? error.message : String(error)).split("\n")[0] ?? "";
  return text.replace(/^No such key: /, "no such key: ");
}
