import type { ASTNode } from "@marcbachmann/cel-js";

/** The parts of the library's evaluator that a macro uses; it does not publish their types. */
export interface Scope {
  forkWithVariable(name: string, type: unknown): Scope;
  reuse(parent: Scope): Scope;
  setIterValue(value: unknown, evaluator: Evaluator): Scope;
}
/** Evaluates a part of an expression. */
export interface Evaluator {
  run(node: ASTNode, scope: Scope): unknown;
}
/** Checks the types of a part of an expression. */
export interface Checker {
  check(node: ASTNode, scope: Scope): unknown;
  getType(name: string): unknown;
}

/** One use of a macro. */
export interface MacroCall {
  readonly args: readonly ASTNode[];
  readonly receiver: ASTNode;
}

/** The name that a macro's argument stands for. */
export function variableName(node: ASTNode | undefined): string {
  if (node?.op === "id" && typeof node.args === "string") return node.args;
  throw new Error("argument must be a simple name");
}

/** One of a macro's expressions. */
export function expressionAt(expressions: readonly ASTNode[], index: number): ASTNode {
  const expression = expressions[index];
  if (!expression) throw new Error("the macro lacks an expression");
  return expression;
}
