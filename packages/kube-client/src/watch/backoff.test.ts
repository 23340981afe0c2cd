import { describe, expect, it } from "vitest";
import { Backoff } from "./backoff.ts";

const timing = { baseMs: 800, maxMs: 30_000, resetAfterMs: 120_000 };

describe("Backoff", () => {
  it("doubles from 0.8 s to 30 s and forgets after two quiet minutes", () => {
    let now = 0;
    const backoff = new Backoff(
      timing,
      () => now,
      () => 0,
    );
    const delays = Array.from({ length: 8 }, () => backoff.next());
    expect(delays).toEqual([800, 1600, 3200, 6400, 12_800, 25_600, 30_000, 30_000]);
    now += 120_001;
    expect(backoff.next()).toBe(800);
  });

  it("adds up to as much again by jitter", () => {
    expect(
      new Backoff(
        timing,
        () => 0,
        () => 0.999,
      ).next(),
    ).toBeCloseTo(1599.2);
  });
});
