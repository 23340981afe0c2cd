import { describe, expect, it } from "vitest";
import { isOlder } from "./resource-version.ts";

describe("isOlder()", () => {
  it.each([
    ["9", "10", true],
    ["10", "9", false],
    ["5", "5", false],
    ["9007199254740993", "9007199254740994", true],
    ["99999999999999999999", "100000000000000000000", true],
    ["abc", "abd", false],
    ["1", undefined, false],
    ["01", "2", false],
  ])("%s before %s: %s", (a, b, expected) => {
    expect(isOlder(a, b)).toBe(expected);
  });
});
