import { describe, expect, it } from "vitest";
import { canonicalQuantity } from "./quantity.ts";

describe("canonicalQuantity()", () => {
  it.each([
    ["0.5", "500m"],
    ["1000m", "1"],
    ["1024Mi", "1Gi"],
    ["1500Mi", "1500Mi"],
    ["1.5Gi", "1536Mi"],
    ["100k", "100k"],
    ["1000k", "1M"],
    ["1e3", "1e3"],
    ["0", "0"],
    ["0Mi", "0"],
    ["-250m", "-250m"],
    ["1.0001", "1000100u"],
    ["x", undefined],
    ["", undefined],
    ["1.2.3", undefined],
  ])("%s → %s", (text, expected) => {
    expect(canonicalQuantity(text)).toBe(expected);
  });
});
