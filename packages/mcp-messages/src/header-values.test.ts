import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { decodeHeaderValue, encodeHeaderValue } from "./header-values.ts";

describe("encodeHeaderValue()", () => {
  it.each([
    ["plain text", "get-sum", "get-sum"],
    ["inner spaces", "a b", "a b"],
    ["outer spaces", " a", "=?base64?IGE=?="],
    ["other scripts", "ü", "=?base64?w7w=?="],
    ["nothing", "", "=?base64??="],
    ["what looks encoded", "=?base64?YQ==?=", "=?base64?PT9iYXNlNjQ/WVE9PT89?="],
  ])("encodes %s", (_, value, expected) => {
    expect(encodeHeaderValue(value)).toBe(expected);
  });

  it("is undone by decodeHeaderValue()", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme" }), (value) => decodeHeaderValue(encodeHeaderValue(value)) === value),
    );
  });
});

describe("decodeHeaderValue()", () => {
  it("refuses malformed base64", () => {
    expect(decodeHeaderValue("=?base64?Y?=")).toBeUndefined();
  });
});
