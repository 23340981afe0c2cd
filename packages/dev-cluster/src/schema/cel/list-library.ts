import type { Environment } from "@marcbachmann/cel-js";
import { type Checker, type Evaluator, expressionAt, type MacroCall, type Scope, variableName } from "./macro.ts";

type Comparable = bigint | number | string | boolean | Date;

/** Values of one CEL type; numbers of different types are equal where their values are. */
function isSame(left: unknown, right: unknown): boolean {
  if (typeof left === "object" && typeof right === "object" && left !== null && right !== null) {
    return JSON.stringify(left, plain) === JSON.stringify(right, plain);
  }
  // biome-ignore lint/suspicious/noDoubleEquals: 1 and 1n are the same number.
  return typeof left === typeof right ? left === right : isNumber(left) && isNumber(right) && left == right;
}

function isNumber(value: unknown): value is number | bigint {
  return typeof value === "number" || typeof value === "bigint";
}

/** JSON knows no bigint. */
function plain(_key: string, value: unknown): unknown {
  return typeof value === "bigint" ? Number(value) : value;
}

function isSorted(list: readonly Comparable[]): boolean {
  return list.every((item, index) => index === 0 || (list[index - 1] ?? item) <= item);
}

function sum(list: readonly (bigint | number)[]): bigint | number {
  if (list.some((item) => typeof item === "number"))
    return list.reduce<number>((total, item) => total + Number(item), 0);
  return list.reduce<bigint>((total, item) => total + BigInt(item), 0n);
}

const extreme =
  (name: string, isBetter: (candidate: Comparable, best: Comparable) => boolean) =>
  (list: readonly Comparable[]): Comparable => {
    const [first, ...rest] = list;
    if (first === undefined) throw new Error(`${name} called on empty list`);
    return rest.reduce((best, item) => (isBetter(item, best) ? item : best), first);
  };

function distinct(list: readonly unknown[]): unknown[] {
  return list.filter((item, index) => list.findIndex((other) => isSame(item, other)) === index);
}

function sorted(list: readonly Comparable[]): Comparable[] {
  return [...list].sort((left, right) => (left < right ? -1 : left > right ? 1 : 0));
}

/** `sortBy(item, key)`: the macro evaluates the key of each item once. */
function expandSortBy({ args, receiver }: MacroCall): object {
  const name = variableName(args[0]);
  let scope: Scope | undefined;
  return {
    async: false,
    typeCheck(checker: Checker, _macro: unknown, outer: Scope) {
      checker.check(receiver, outer);
      scope = outer.forkWithVariable(name, checker.getType("dyn"));
      checker.check(expressionAt(args, 1), scope);
      return checker.getType("list<dyn>");
    },
    evaluate(evaluator: Evaluator, _macro: unknown, outer: Scope) {
      const list = evaluator.run(receiver, outer);
      const keyOf = (item: unknown) =>
        evaluator.run(expressionAt(args, 1), (scope ?? outer).reuse(outer).setIterValue(item, evaluator)) as Comparable;
      const keyed = (Array.isArray(list) ? list : []).map((item) => ({ item, key: keyOf(item) }));
      return keyed.sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0)).map(({ item }) => item);
    },
  };
}

function slice(list: readonly unknown[], from: bigint, to: bigint): unknown[] {
  if (from < 0n || to < 0n) throw new Error(`cannot slice(${from}, ${to}), negative indexes not supported`);
  if (from > to) throw new Error(`cannot slice(${from}, ${to}), start index must be less than or equal to end index`);
  if (to > BigInt(list.length)) throw new Error(`cannot slice(${from}, ${to}), list is length ${list.length}`);
  return list.slice(Number(from), Number(to));
}

function flatten(list: readonly unknown[], depth: bigint): unknown[] {
  if (depth < 0n) throw new Error("level must be non-negative");
  return list.flat(Number(depth));
}

const includes = (list: readonly unknown[], item: unknown) => list.some((other) => isSame(item, other));
const contains = (list: readonly unknown[], wanted: readonly unknown[]) => wanted.every((item) => includes(list, item));

/** Functions are called as `sets.contains(…)` and `lists.range(…)`. */
class SetsNamespace {}
class ListsNamespace {}

/** Lists and sets in CEL. Source: `library.Lists` of k8s.io/apiserver, `ext.Lists` and `ext.Sets` of cel-go. */
export function registerLists(environment: Environment): void {
  environment
    .registerFunction("list.isSorted(): bool", isSorted)
    .registerFunction("list.sum(): dyn", sum)
    .registerFunction(
      "list.min(): dyn",
      extreme("min", (candidate, best) => candidate < best),
    )
    .registerFunction(
      "list.max(): dyn",
      extreme("max", (candidate, best) => candidate > best),
    )
    .registerFunction("list.indexOf(dyn): int", (list: unknown[], item: unknown) =>
      BigInt(list.findIndex((other) => isSame(item, other))),
    )
    .registerFunction("list.lastIndexOf(dyn): int", (list: unknown[], item: unknown) =>
      BigInt(list.findLastIndex((other) => isSame(item, other))),
    )
    .registerFunction("list.distinct(): list", distinct)
    .registerFunction("list.sort(): list", sorted)
    .registerFunction("list.sortBy(ast, ast): list<dyn>", expandSortBy)
    .registerFunction("list.reverse(): list", (list: unknown[]) => list.toReversed())
    .registerFunction("list.slice(int, int): list", slice)
    .registerFunction("list.flatten(): list", (list: unknown[]) => list.flat())
    .registerFunction("list.flatten(int): list", flatten)
    .registerType("ListsNamespace", ListsNamespace)
    .registerConstant("lists", "ListsNamespace", new ListsNamespace())
    .registerFunction("ListsNamespace.range(int): list<int>", (_lists: ListsNamespace, count: bigint) =>
      Array.from({ length: Number(count) }, (_item, index) => BigInt(index)),
    )
    .registerType("SetsNamespace", SetsNamespace)
    .registerConstant("sets", "SetsNamespace", new SetsNamespace())
    .registerFunction(
      "SetsNamespace.contains(list, list): bool",
      (_sets: SetsNamespace, list: unknown[], wanted: unknown[]) => contains(list, wanted),
    )
    .registerFunction(
      "SetsNamespace.equivalent(list, list): bool",
      (_sets: SetsNamespace, a: unknown[], b: unknown[]) => contains(a, b) && contains(b, a),
    )
    .registerFunction(
      "SetsNamespace.intersects(list, list): bool",
      (_sets: SetsNamespace, a: unknown[], b: unknown[]) => a.some((item) => includes(b, item)),
    );
}
