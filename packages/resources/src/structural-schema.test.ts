import { Type } from "typebox";
import { describe, expect, it } from "vitest";
import { structuralSchema } from "./structural-schema.ts";

describe("structuralSchema()", () => {
  it("keeps what both dialects share, and gives an enum its type", () => {
    const schema = Type.Object({ mode: Type.Enum(["a", "b"], { default: "a", description: "how" }) });
    expect(structuralSchema({ ...schema }, "spec")).toEqual({
      type: "object",
      properties: { mode: { type: "string", enum: ["a", "b"], default: "a", description: "how" } },
    });
  });

  it("requires a field only when it has no default", () => {
    const schema = Type.Object({ name: Type.String(), port: Type.Integer({ default: 80 }) });
    expect(structuralSchema({ ...schema }, "spec").required).toEqual(["name"]);
  });

  it("writes a record as additionalProperties", () => {
    const schema = Type.Record(Type.String(), Type.Object({ size: Type.Integer() }));
    expect(structuralSchema({ ...schema }, "spec")).toEqual({
      type: "object",
      additionalProperties: { type: "object", properties: { size: { type: "integer" } }, required: ["size"] },
    });
  });

  it.each([
    ["a union", Type.Union([Type.String(), Type.Integer()]), "anyOf"],
    ["a literal", Type.Literal("x"), "const"],
    ["an exclusive bound", Type.Number({ exclusiveMinimum: 0 }), "exclusiveMinimum"],
    ["a closed object", Type.Object({}, { additionalProperties: false }), "additionalProperties"],
  ])("refuses %s and names the field", (_, inner, keyword) => {
    const schema = Type.Object({ deep: Type.Object({ field: inner }) });
    expect(() => structuralSchema({ ...schema }, "spec")).toThrow(new RegExp(`"spec.deep.field".*"${keyword}"`));
  });
});
