import { describe, expect, it } from "vitest";
import { KeyBackoff } from "./key-backoff.ts";

describe("KeyBackoff", () => {
  it("waits 1 s, 2 s, 4 s … 5 min, per key, and starts over after a success", () => {
    const backoff = new KeyBackoff({ random: () => 0.5 });
    const seconds = Array.from({ length: 12 }, () => backoff.failed("a") / 1000);
    expect(seconds).toEqual([1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300, 300]);
    expect([backoff.failed("b"), backoff.failures("a")]).toEqual([1000, 12]);
    backoff.forget("a");
    expect(backoff.failed("a")).toBe(1000);
  });

  it.each([
    [0, 900],
    [1, 1100],
  ])("varies by a tenth (random %d)", (random, expected) => {
    expect(new KeyBackoff({ random: () => random }).failed("a")).toBeCloseTo(expected);
  });

  it("never waits longer than its maximum, and never less after many failures", () => {
    const backoff = new KeyBackoff({ random: () => 1 });
    for (let n = 0; n < 5_000; n++) backoff.failed("a");
    expect(backoff.failed("a")).toBe(300_000);
  });

  it.each([
    [0, 1],
    [5, 1],
  ])("refuses base %d, max %d", (baseMs, maxMs) => {
    expect(() => new KeyBackoff({ baseMs, maxMs })).toThrow(RangeError);
  });
});
