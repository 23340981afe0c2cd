import { describe, expect, it } from "vitest";
import { parseJson } from "./parse-json.ts";

describe("parseJson()", () => {
  it.each([
    ['{"a":1}', { a: 1 }],
    ["null", null],
  ])("parses %s", (text, value) => {
    expect(parseJson(text)).toEqual({ value });
  });

  it.each(["", "<html>", '{"a":'])("says why %j is no JSON", (text) => {
    expect(parseJson(text)).toEqual({ value: undefined, error: expect.any(SyntaxError) });
  });
});
