import type { Environment } from "@marcbachmann/cel-js";
import { type Checker, type Evaluator, expressionAt, type MacroCall, type Scope, variableName } from "./macro.ts";

/** Evaluates the macro's expressions for one pair of index and item, or key and value. */
type Each = (key: unknown, value: unknown) => { readonly at: (index: number) => unknown };

interface Macro {
  readonly name: string;
  /** How many expressions follow the two variables. */
  readonly expressions: number;
  readonly type: string;
  readonly collect: (entries: Iterable<[unknown, unknown]>, each: Each) => unknown;
}

function entriesOf(range: unknown): Iterable<[unknown, unknown]> {
  if (Array.isArray(range)) return range.map((item, index) => [BigInt(index), item]);
  if (range instanceof Map) return range;
  return Object.entries(typeof range === "object" && range !== null ? range : {});
}

function count(entries: Iterable<[unknown, unknown]>, each: Each): number {
  return [...entries].filter(([key, value]) => each(key, value).at(0) === true).length;
}

/** The results for the entries that the filter, where there is one, lets through. */
function transformed(entries: Iterable<[unknown, unknown]>, each: Each, filtered: boolean): [unknown, unknown][] {
  const kept: [unknown, unknown][] = [];
  for (const [key, value] of entries) {
    const results = each(key, value);
    if (!filtered || results.at(0) === true) kept.push([key, results.at(filtered ? 1 : 0)]);
  }
  return kept;
}

function merged(maps: readonly unknown[]): Record<string, unknown> {
  const result: Record<string, unknown> = {};
  for (const map of maps) {
    for (const [key, value] of entriesOf(map)) {
      if (Object.hasOwn(result, String(key))) throw new Error(`insert failed: key ${String(key)} already exists`);
      result[String(key)] = value;
    }
  }
  return result;
}

const byKey = (pairs: readonly [unknown, unknown][]) =>
  Object.fromEntries(pairs.map(([key, value]) => [String(key), value]));
const results = (pairs: readonly [unknown, unknown][]) => pairs.map(([, value]) => value);

const macros: readonly Macro[] = [
  {
    name: "all",
    expressions: 1,
    type: "bool",
    collect: (entries, each) => [...entries].every(([key, value]) => each(key, value).at(0) === true),
  },
  {
    name: "exists",
    expressions: 1,
    type: "bool",
    collect: (entries, each) => [...entries].some(([key, value]) => each(key, value).at(0) === true),
  },
  { name: "existsOne", expressions: 1, type: "bool", collect: (entries, each) => count(entries, each) === 1 },
  { name: "exists_one", expressions: 1, type: "bool", collect: (entries, each) => count(entries, each) === 1 },
  {
    name: "transformList",
    expressions: 1,
    type: "list<dyn>",
    collect: (entries, each) => results(transformed(entries, each, false)),
  },
  {
    name: "transformList",
    expressions: 2,
    type: "list<dyn>",
    collect: (entries, each) => results(transformed(entries, each, true)),
  },
  {
    name: "transformMap",
    expressions: 1,
    type: "map<dyn, dyn>",
    collect: (entries, each) => byKey(transformed(entries, each, false)),
  },
  {
    name: "transformMap",
    expressions: 2,
    type: "map<dyn, dyn>",
    collect: (entries, each) => byKey(transformed(entries, each, true)),
  },
  {
    name: "transformMapEntry",
    expressions: 1,
    type: "map<dyn, dyn>",
    collect: (entries, each) => merged(results(transformed(entries, each, false))),
  },
  {
    name: "transformMapEntry",
    expressions: 2,
    type: "map<dyn, dyn>",
    collect: (entries, each) => merged(results(transformed(entries, each, true))),
  },
];

/** Builds what the library calls at parse time for one use of a macro. */
function expand({ collect, type }: Macro): (call: MacroCall) => object {
  return ({ args, receiver }) => {
    const [first, second, ...expressions] = args;
    const names = [variableName(first), variableName(second)] as const;
    let scopes: [Scope, Scope] | undefined;
    return {
      async: false,
      typeCheck(checker: Checker, _macro: unknown, scope: Scope) {
        checker.check(receiver, scope);
        const outer = scope.forkWithVariable(names[0], checker.getType("dyn"));
        scopes = [outer, outer.forkWithVariable(names[1], checker.getType("dyn"))];
        for (const expression of expressions) checker.check(expression, scopes[1]);
        return checker.getType(type);
      },
      evaluate(evaluator: Evaluator, _macro: unknown, scope: Scope) {
        const [outer, inner] = scopes ?? [scope, scope];
        const each: Each = (key, value) => {
          const place = inner.reuse(outer.reuse(scope).setIterValue(key, evaluator)).setIterValue(value, evaluator);
          return { at: (index) => evaluator.run(expressionAt(expressions, index), place) };
        };
        return collect(entriesOf(evaluator.run(receiver, scope)), each);
      },
    };
  };
}

/** Macros over index and item, or key and value. Source: `ext.TwoVarComprehensions` of cel-go. */
export function registerComprehensions(environment: Environment): void {
  for (const macro of macros) {
    const parameters = Array.from({ length: 2 + macro.expressions }, () => "ast").join(", ");
    for (const receiver of ["list", "map"]) {
      environment.registerFunction(`${receiver}.${macro.name}(${parameters}): ${macro.type}`, expand(macro));
    }
  }
}
