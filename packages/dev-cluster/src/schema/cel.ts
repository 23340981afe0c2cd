import { Environment } from "@marcbachmann/cel-js";

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

const environment = new Environment({ unlistedVariablesAreDyn: true });

/** Compiles an expression; the same text is compiled once. */
export function compileCel(expression: string): CelProgram {
  const known = cache.get(expression);
  if (known) return known;
  if (cache.size >= cacheLimit) cache.clear();
  const program = compile(expression);
  cache.set(expression, program);
  return program;
}

function compile(expression: string): CelProgram {
  try {
    const run = environment.parse(expression);
    return { error: undefined, evaluate: (variables) => evaluate(() => run(variables)) };
  } catch (error) {
    const message = textOf(error);
    return { error: message, evaluate: () => ({ ok: false, error: message }) };
  }
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
