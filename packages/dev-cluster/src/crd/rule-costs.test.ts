import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { parseAllDocuments } from "yaml";
import type { JsonSchema } from "../schema/type-schema.ts";
import { isApiObject } from "../store/api-object.ts";
import { ruleCostErrors } from "./rule-costs.ts";
import { validateCosts } from "./validate-crd.ts";

const text = { type: "string" };
const ruled = (schema: JsonSchema, rule: string): JsonSchema => ({ ...schema, "x-kubernetes-validations": [{ rule }] });

describe("ruleCostErrors()", () => {
  // The factors are those of kube-apiserver 1.36.3; the conformance suite compares more of them.
  it.each([
    [
      "a bounded list",
      ruled({ type: "array", maxItems: 10, items: { ...text, maxLength: 5 } }, "self.all(x, x != 'y')"),
      "",
    ],
    ["a text without a bound", ruled(text, "self.startsWith('x')"), ""],
    ["a pattern that is long", ruled(text, `self.matches('${"a".repeat(200)}')`), "factor of 1.6x"],
    [
      "lists within lists",
      ruled({ type: "array", items: { type: "array", items: text } }, "self.all(x, x.all(y, y != 'z'))"),
      "more than 100x",
    ],
    ["a rule on every item of a list without a bound", { type: "array", items: ruled(text, "self != 'x'") }, ""],
  ])("%s", (_reason, schema, expected) => {
    const messages = ruleCostErrors(schema, "schema").map(({ message }) => message);
    if (expected === "") expect(messages).toEqual([]);
    else expect(messages[0]).toContain(expected);
  });

  it("has nothing against the definitions that are shipped", () => {
    const file = join(import.meta.dirname, "../../../../deploy/install.yaml");
    const objects = parseAllDocuments(readFileSync(file, "utf8")).map((document) =>
      "toJS" in document ? document.toJS() : undefined,
    );
    const definitions = objects.filter(isApiObject).filter(({ kind }) => kind === "CustomResourceDefinition");
    expect(definitions.length).toBeGreaterThan(3);
    expect(definitions.flatMap(validateCosts)).toEqual([]);
  });
});
