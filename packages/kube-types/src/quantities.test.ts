import { describe, expect, it } from "vitest";
import { parseQuantity } from "./quantities.ts";

describe("parseQuantity()", () => {
  it.each([
    ["1", 1],
    ["250m", 0.25],
    ["64Mi", 67_108_864],
    ["1.5Gi", 1_610_612_736],
    ["2k", 2_000],
    ["1e3", 1_000],
    ["-5", -5],
    [".5", 0.5],
    [3, 3],
    ["2E", 2e18],
  ])("reads %j", (text, value) => {
    expect(parseQuantity(text)).toBeCloseTo(value, 9);
  });

  it.each(["", "64 Mi", "64MB", "x", "1.2.3"])("refuses %j, and says what it takes", (text) => {
    expect(() => parseQuantity(text)).toThrow(/Cannot parse quantity ".*": expected a number/);
  });
});
