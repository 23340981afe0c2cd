import { describe, expect, it } from "vitest";
import { TokenBucket } from "./token-bucket.ts";

describe("TokenBucket", () => {
  it("lets a burst go at once, then one per interval, in order", () => {
    let now = 0;
    const bucket = new TokenBucket({ qps: 5, burst: 3 }, () => now);
    expect([1, 2, 3, 4, 5].map(() => bucket.reserve())).toEqual([0, 0, 0, 200, 400]);
    now = 10_000;
    expect([1, 2, 3, 4].map(() => bucket.reserve())).toEqual([0, 0, 0, 200]);
  });

  it.each([
    [0, 1],
    [1, 0],
    [Number.NaN, 1],
  ])("refuses qps %d, burst %d", (qps, burst) => {
    expect(() => new TokenBucket({ qps, burst })).toThrow(RangeError);
  });
});
