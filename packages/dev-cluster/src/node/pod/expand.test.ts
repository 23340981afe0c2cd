import { describe, expect, it } from "vitest";
import { expand } from "./expand.ts";

describe("expand()", () => {
  it.each([
    ["a plain text", "abc", "abc"],
    ["a variable", "$(A)/x", "1/x"],
    ["two variables side by side", "$(A)$(B)", "12"],
    ["a name that is not defined stays", "$(NONE)", "$(NONE)"],
    ["a doubled dollar escapes", "$$(A)", "$(A)"],
    ["a shell variable is not ours", "$A $[A]", "$A $[A]"],
    ["a value is not expanded again", "$(C)", "$(A)"],
    ["names of Object's prototype are not defined", "$(constructor)", "$(constructor)"],
    ["an open parenthesis", "$(A", "$(A"],
  ])("%s", (_why, text, expected) => {
    expect(expand(text, { A: "1", B: "2", C: "$(A)" })).toBe(expected);
  });
});
