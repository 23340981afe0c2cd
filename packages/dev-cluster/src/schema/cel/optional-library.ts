import { type Environment, Optional } from "@marcbachmann/cel-js";
import { type Checker, type Evaluator, expressionAt, type MacroCall, type Scope, variableName } from "./macro.ts";

/** `optMap` and `optFlatMap`: an expression over the value of an optional, where it has one. */
function expandOptional(isFlat: boolean): (call: MacroCall) => object {
  return ({ args, receiver }) => {
    const name = variableName(args[0]);
    let scope: Scope | undefined;
    return {
      async: false,
      typeCheck(checker: Checker, _macro: unknown, outer: Scope) {
        checker.check(receiver, outer);
        scope = outer.forkWithVariable(name, checker.getType("dyn"));
        checker.check(expressionAt(args, 1), scope);
        return checker.getType("optional<dyn>");
      },
      evaluate(evaluator: Evaluator, _macro: unknown, outer: Scope) {
        const optional = evaluator.run(receiver, outer);
        if (!(optional instanceof Optional) || !optional.hasValue()) return Optional.none();
        const place = (scope ?? outer).reuse(outer).setIterValue(optional.value(), evaluator);
        const result = evaluator.run(expressionAt(args, 1), place);
        return isFlat ? result : Optional.of(result);
      },
    };
  };
}

function isZero(value: unknown): boolean {
  if (typeof value === "object" && value !== null) return Object.keys(value).length === 0;
  return value === null || value === undefined || value === false || value === "" || value === 0 || value === 0n;
}

function unwrap(list: readonly unknown[]): unknown[] {
  return list.filter((item) => item instanceof Optional).flatMap((item) => (item.hasValue() ? [item.value()] : []));
}

/** What cel-go's optional types have beside the library's. Source: `cel.OptionalTypes` of cel-go. */
export function registerOptionals(environment: Environment): void {
  environment
    .registerFunction("optional.optMap(ast, ast): optional<dyn>", expandOptional(false))
    .registerFunction("optional.optFlatMap(ast, ast): optional<dyn>", expandOptional(true))
    .registerFunction("OptionalNamespace.ofNonZeroValue(dyn): optional<dyn>", (_optional: unknown, value: unknown) =>
      isZero(value) ? Optional.none() : Optional.of(value),
    )
    .registerFunction("OptionalNamespace.unwrap(list): list", (_optional: unknown, list: unknown[]) => unwrap(list))
    .registerFunction("list.unwrapOpt(): list", unwrap)
    .registerFunction("list.first(): optional<dyn>", (list: unknown[]) => Optional.of(list[0]))
    .registerFunction("list.last(): optional<dyn>", (list: unknown[]) => Optional.of(list.at(-1)));
}
