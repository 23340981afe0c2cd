import { describe, expect, it } from "vitest";
import { equalJson } from "./equal-json.ts";

describe("equalJson()", () => {
  it.each<[unknown, unknown, boolean, string]>([
    [{ a: 1, b: [1, { c: null }] }, { b: [1, { c: null }], a: 1 }, true, "the order of fields does not matter"],
    [{ a: undefined }, {}, true, "undefined counts as absent"],
    [{ a: null }, {}, false, "null does not"],
    [[1, 2], [2, 1], false, "the order of items matters"],
    [[1], { 0: 1 }, false, "a list is no object"],
    ["1", 1, false, "types matter"],
    [{ a: { b: 1 } }, { a: { b: 2 } }, false, "depth matters"],
  ])("%j and %j: %s (%s)", (left, right, expected) => {
    expect(equalJson(left, right)).toBe(expected);
    expect(equalJson(right, left)).toBe(expected);
  });
});
