import type { ASTNode } from "@marcbachmann/cel-js";
import { celName } from "../schema/cel-value.ts";
import type { JsonSchema } from "../schema/type-schema.ts";
import { maxElements, unlimited, valuesOf } from "./schema-size.ts";

/** What is known of a part of an expression. */
interface Estimate {
  /** The most that it can cost. */
  readonly cost: number;
  /** The most characters, items or entries of its value; absent where nothing is known. */
  readonly size?: number;
  /** What the value is, where it is a part of the object. */
  readonly schema?: JsonSchema | undefined;
  readonly type?: string | undefined;
}

type Scope = ReadonlyMap<string, Estimate>;

/** Costs of units of work. Source: `common/cost.go` of cel-go. */
const perCharacter = 0.1;
const perRegexCharacter = 0.25;
const listCost = 10;
const mapCost = 30;

/**
 * The most that evaluating an expression over a value of the schema can cost. Functions that Kubernetes adds are
 * estimated by what they walk over.
 *
 * Source: `checker/cost.go` of cel-go and `library/cost.go` of k8s.io/apiserver.
 */
export function expressionCost(ast: ASTNode, self: JsonSchema): number {
  const value = valueEstimate(self, 1);
  const scope: Scope = new Map([
    ["self", value],
    ["oldSelf", value],
  ]);
  return Math.min(estimate(ast, scope).cost, unlimited);
}

function valueEstimate(schema: JsonSchema | undefined, cost: number): Estimate {
  if (!schema) return { cost };
  const type = schema.type === "object" && valuesOf(schema) ? "map" : schema.type;
  return { cost, schema, size: maxElements(schema), type };
}

const sizeOf = ({ size = unlimited }: Estimate): number => size;
const scalar = (cost: number, type: string): Estimate => ({ cost, size: 1, type });
const traversal = (size: number): number => Math.ceil(size * perCharacter);
const sum = (parts: readonly Estimate[]): number => parts.reduce((total, { cost }) => total + cost, 0);

function estimate(node: ASTNode, scope: Scope): Estimate {
  switch (node.op) {
    case "value":
      return literal(node.args);
    case "id":
      return { ...scope.get(node.args), cost: 1 };
    case ".":
    case ".?":
      return selection(estimate(node.args[0], scope), node.args[1]);
    case "[]":
    case "[?]":
      return indexed(estimate(node.args[0], scope), estimate(node.args[1], scope));
    case "list":
      return {
        cost: listCost + sum(node.args.map((item) => estimate(item, scope))),
        size: node.args.length,
        type: "array",
      };
    case "map": {
      const parts = node.args.flat().map((part) => estimate(part, scope));
      return { cost: mapCost + sum(parts), size: node.args.length, type: "map" };
    }
    case "?:":
      return conditional(node.args.map((part) => estimate(part, scope)));
    case "call":
      return globalCall(node.args[0], node.args[1], scope);
    case "rcall":
      return memberCall(node.args[0], { target: node.args[1], args: node.args[2] }, scope);
    case "!_":
    case "-_": {
      const { cost } = estimate(node.args, scope);
      return scalar(cost + 1, node.op === "!_" ? "boolean" : "number");
    }
    default:
      return operation(node.op, estimate(node.args[0], scope), estimate(node.args[1], scope));
  }
}

function literal(value: unknown): Estimate {
  if (typeof value === "string") return { cost: 0, size: [...value].length, type: "string" };
  return scalar(0, typeof value === "boolean" ? "boolean" : "number");
}

function selection(operand: Estimate, name: string): Estimate {
  const cost = operand.cost + 1;
  const { schema, type } = operand;
  if (type === "map") {
    // What is chosen from a map by a word is a part whose size nobody knows.
    const values = schema && valuesOf(schema);
    return isScalar(values?.type) ? scalar(cost, values?.type ?? "") : { cost, type: values?.type };
  }
  const field = Object.entries(schema?.properties ?? {}).find(([key]) => celName(key) === name)?.[1];
  return valueEstimate(field, cost);
}

function isScalar(type: string | undefined): boolean {
  return type === "integer" || type === "number" || type === "boolean";
}

function indexed(operand: Estimate, index: Estimate): Estimate {
  const { schema } = operand;
  return valueEstimate(schema && (schema.items ?? valuesOf(schema)), operand.cost + index.cost + 1);
}

function conditional([condition, yes, no]: readonly Estimate[]): Estimate {
  const [whenTrue = { cost: 0 }, whenFalse = { cost: 0 }] = [yes, no];
  const cost = (condition?.cost ?? 0) + Math.max(whenTrue.cost, whenFalse.cost);
  return { cost, size: Math.max(sizeOf(whenTrue), sizeOf(whenFalse)), type: whenTrue.type };
}

function operation(operator: string, left: Estimate, right: Estimate): Estimate {
  const cost = left.cost + right.cost;
  const isNumeric = [left, right].some(({ type }) => type !== undefined && isScalar(type));
  switch (operator) {
    case "&&":
    case "||":
      return scalar(cost, "boolean");
    case "==":
    case "!=":
      return scalar(cost + traversal(Math.min(sizeOf(left), sizeOf(right))), "boolean");
    case "<":
    case "<=":
    case ">":
    case ">=":
      return scalar(cost + (isNumeric ? 1 : traversal(Math.min(sizeOf(left), sizeOf(right)))), "boolean");
    case "in":
      return scalar(cost + (right.type === "map" ? 1 : sizeOf(right)), "boolean");
    case "+":
      return isNumeric ? scalar(cost + 1, "number") : concatenation(left, right);
    default:
      return scalar(cost + 1, "number");
  }
}

function concatenation(left: Estimate, right: Estimate): Estimate {
  const size = Math.min(sizeOf(left) + sizeOf(right), unlimited);
  const isList = left.type === "array" || right.type === "array";
  return { cost: left.cost + right.cost + (isList ? 1 : traversal(size)), size, type: isList ? "array" : "string" };
}

function globalCall(name: string, args: readonly ASTNode[], scope: Scope): Estimate {
  const [first] = args;
  // A test for a field costs what leads to the field.
  if (name === "has" && first?.op === ".") return scalar(estimate(first.args[0], scope).cost, "boolean");
  const parts = args.map((arg) => estimate(arg, scope));
  const [value = { cost: 0 }] = parts;
  if (name === "dyn") return { ...value, cost: value.cost + 1 };
  if (reading.has(name)) return scalar(sum(parts) + traversal(sizeOf(value)), "opaque");
  if (name === "string") return { cost: sum(parts) + 1, type: "string" };
  return scalar(sum(parts) + 1, name === "size" ? "number" : "boolean");
}

/** Functions that read a text into a value that is compared at one go. */
const reading = new Set([
  "url",
  "isURL",
  "ip",
  "isIP",
  "cidr",
  "isCIDR",
  "quantity",
  "isQuantity",
  "semver",
  "isSemver",
]);
/** Functions that make another text, or a list of texts, of a text. */
const reshaping = new Set(["lowerAscii", "upperAscii", "trim", "substring", "replace", "split"]);
/** Functions that look at every item of a list. */
const iterating = new Set(["isSorted", "sum", "min", "max", "indexOf", "lastIndexOf"]);

interface Call {
  readonly target: ASTNode;
  readonly args: readonly ASTNode[];
}

function memberCall(name: string, call: Call, scope: Scope): Estimate {
  const { target, args } = call;
  if (macros[name] && args.length > 1) return comprehension(name, call, scope);
  const on = estimate(target, scope);
  const parts = args.map((arg) => estimate(arg, scope));
  const cost = on.cost + sum(parts);
  const [first = { cost: 0 }, second = first] = parts;
  // Every item of one set is held against every item of the other.
  if (target.op === "id" && target.args === "sets") return scalar(cost + sizeOf(first) * sizeOf(second), "boolean");
  return (
    comparison(name, { on, other: first, cost }) ??
    walk(name, on, cost) ??
    scalar(cost + 1, name === "size" ? "number" : "boolean")
  );
}

/** Functions that hold a text against another one. */
function comparison(
  name: string,
  { on, other, cost }: { on: Estimate; other: Estimate; cost: number },
): Estimate | undefined {
  switch (name) {
    case "startsWith":
    case "endsWith":
      return scalar(cost + traversal(sizeOf(other)), "boolean");
    case "contains":
      if (on.type === "array") return undefined;
      return scalar(cost + traversal(sizeOf(on)) * traversal(sizeOf(other)), "boolean");
    case "matches":
      return scalar(cost + regexCost(on, other), "boolean");
    case "find":
    case "findAll":
      return { cost: cost + regexCost(on, other), size: sizeOf(on) };
    default:
      return undefined;
  }
}

/** One is added so that an expensive pattern costs something on a short text too. */
function regexCost(text: Estimate, pattern: Estimate): number {
  return traversal(sizeOf(text) + 1) * Math.ceil(sizeOf(pattern) * perRegexCharacter);
}

/** Functions that go through the whole of a text or a list. */
function walk(name: string, on: Estimate, cost: number): Estimate | undefined {
  if (iterating.has(name) && on.type === "array") return scalar(cost + sizeOf(on) * itemCost(on), "number");
  if (name === "format") return { cost: cost + traversal(sizeOf(on)), type: "string" };
  if (!reshaping.has(name)) return undefined;
  return { cost: cost + traversal(sizeOf(on)), size: sizeOf(on), type: name === "split" ? "array" : "string" };
}

/** What it costs to compare two items. */
function itemCost({ schema }: Estimate): number {
  const { items } = schema ?? {};
  return items && !isScalar(items.type) ? Math.max(traversal(maxElements(items)), 1) : 1;
}

/** What a round costs besides the expressions in it, and what is around the rounds. */
interface Macro {
  readonly round: number;
  readonly around: number;
  readonly type: string;
}

/** Worked out from what the parser of cel-go makes of each macro. */
const macros: Readonly<Record<string, Macro>> = {
  all: { round: 3, around: 1, type: "boolean" },
  exists: { round: 4, around: 1, type: "boolean" },
  exists_one: { round: 2, around: 2, type: "boolean" },
  existsOne: { round: 2, around: 2, type: "boolean" },
  filter: { round: 13, around: listCost + 1, type: "array" },
  map: { round: 12, around: listCost + 1, type: "array" },
  transformList: { round: 12, around: listCost + 1, type: "array" },
  transformMap: { round: 1, around: mapCost + 1, type: "map" },
  transformMapEntry: { round: 1, around: mapCost + 1, type: "map" },
};

function comprehension(name: string, { target, args }: Call, scope: Scope): Estimate {
  const { round, around, type } = macros[name] ?? { round: 1, around: 0, type: "boolean" };
  const range = estimate(target, scope);
  const variables = args.filter((arg, index) => arg.op === "id" && index < variableCount(name, args.length));
  const inner = new Map(scope);
  variables.forEach((variable, index) => {
    if (variable.op === "id") inner.set(variable.args, iterated(range, { index, count: variables.length }));
  });
  const inside = sum(args.slice(variables.length).map((arg) => estimate(arg, inner)));
  const cost = range.cost + around + sizeOf(range) * (round + inside);
  return type === "boolean" ? scalar(cost, type) : { cost, size: sizeOf(range), type };
}

/** `all` and its like take one expression, the others may have a condition before what they make. */
function variableCount(name: string, given: number): number {
  if (name.startsWith("transform")) return 2;
  return name === "map" || name === "filter" ? 1 : given - 1;
}

function iterated({ schema, type }: Estimate, { index, count }: { index: number; count: number }): Estimate {
  const isMap = type === "map" || type === "object";
  if (count === 2 && index === 0) return isMap ? { cost: 1, size: 0, type: "string" } : scalar(1, "number");
  // Alone, the variable of a map is its keys, whose size upstream counts as nothing.
  if (count === 1 && isMap) return { cost: 1, size: 0, type: "string" };
  return valueEstimate(schema && (schema.items ?? valuesOf(schema)), 1);
}
