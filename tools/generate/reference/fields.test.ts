import type { JSONSchemaProps } from "@moorage/kube-types/apiextensions-v1";
import { describe, expect, it } from "vitest";
import { fieldsOf } from "./fields.ts";

const spec = (properties: Record<string, JSONSchemaProps>, required: string[] = []): JSONSchemaProps => ({
  type: "object",
  properties,
  required,
});
const described = (schema: JSONSchemaProps): JSONSchemaProps => ({ description: "It is.", ...schema });
const field = (schema: JSONSchemaProps) =>
  fieldsOf([{ group: "a", schema: spec({ it: described(schema) }) }], "spec")[0];

describe("fieldsOf()", () => {
  it("follows objects, lists and maps, and says what is required", () => {
    const inner = spec({ name: described({ type: "string" }) }, ["name"]);
    const schema = spec({
      one: described(inner),
      many: described({ type: "array", items: inner }),
      named: described({ type: "object", additionalProperties: inner }),
    });
    const fields = fieldsOf([{ group: "a", schema }], "spec");
    expect(fields.map(({ path, type, required }) => [path, type, required])).toEqual([
      ["spec.one", "object", false],
      ["spec.one.name", "string", true],
      ["spec.many", "list of object", false],
      ["spec.many[].name", "string", true],
      ["spec.named", "map to object", false],
      ["spec.named.*.name", "string", true],
    ]);
  });

  it("tells the groups' defaults apart only where they differ", () => {
    const of = (mode: string) => spec({ mode: described({ default: mode }), port: described({ default: 80 }) });
    const fields = fieldsOf(
      [
        { group: "a", schema: of("x") },
        { group: "b", schema: of("y") },
      ],
      "spec",
    );
    expect(fields.map(({ defaults }) => defaults)).toEqual([
      [
        { group: "a", value: "x" },
        { group: "b", value: "y" },
      ],
      [{ value: 80 }],
    ]);
  });

  it.each<[JSONSchemaProps, string[]]>([
    [{ type: "string", enum: ["a", "b"] }, ["one of `a`, `b`"]],
    [{ type: "integer", minimum: 1, maximum: 9 }, ["at least 1", "at most 9"]],
    [{ type: "integer", minimum: 0 }, ["at least 0"]],
    [{ type: "string", minLength: 1, pattern: "^a" }, ["not empty", "matches `^a`"]],
    [{ type: "array", items: { type: "string", maxLength: 3 } }, ["each: at most 3 characters"]],
    [
      { type: "string", "x-kubernetes-validations": [{ rule: "self != 'x'", message: "must not be x" }] },
      ["must not be x"],
    ],
    [{ type: "string", "x-kubernetes-validations": [{ rule: "self != 'x'" }] }, ["`self != 'x'`"]],
  ])("puts the constraints of %j into words", (schema, words) => {
    expect(field(schema)?.validation).toEqual(words);
  });

  it("fails with the name of every field that nobody has described", () => {
    const schema = spec({ a: {}, b: described({ type: "object", properties: { c: { type: "string" } } }) });
    expect(() => fieldsOf([{ group: "a", schema }], "spec")).toThrow("spec.a, spec.b.c without a description");
  });
});
