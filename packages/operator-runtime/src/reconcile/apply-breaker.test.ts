import { describe, expect, it } from "vitest";
import { FakeClock } from "../testing/fake-clock.ts";
import { ApplyBreaker } from "./apply-breaker.ts";

/** One round of a fight: somebody has changed the child, and it is corrected unless it is to be left alone. */
function round(breaker: ApplyBreaker, id: string, hash: string): number {
  const pauseMs = breaker.pauseBefore(id, hash);
  if (pauseMs === 0) breaker.corrected(id, hash);
  return pauseMs;
}

describe("ApplyBreaker", () => {
  it("lets five corrections a minute pass, pauses 30 s, then tries once and pauses twice as long", () => {
    const clock = new FakeClock();
    const breaker = new ApplyBreaker(clock);
    const tries = Array.from({ length: 6 }, () => round(breaker, "x", "h"));
    expect(tries).toEqual([0, 0, 0, 0, 0, 30_000]);
    clock.advance(30_000);
    expect([round(breaker, "x", "h"), round(breaker, "x", "h")]).toEqual([0, 60_000]);
  });

  it("does not count what could not be corrected", () => {
    const breaker = new ApplyBreaker(new FakeClock());
    expect(Array.from({ length: 10 }, () => breaker.pauseBefore("x", "h"))).toEqual(Array(10).fill(0));
  });

  it("pauses no longer because the machine's time is set back", () => {
    const clock = new FakeClock();
    const breaker = new ApplyBreaker(clock);
    for (let n = 0; n < 6; n++) round(breaker, "x", "h");
    clock.jump(-86_400_000);
    clock.advance(30_000);
    expect(round(breaker, "x", "h")).toBe(0);
  });

  it("starts over after a quiet minute, for another state, and for another child", () => {
    const clock = new FakeClock();
    const breaker = new ApplyBreaker(clock);
    for (let n = 0; n < 6; n++) round(breaker, "x", "h");
    expect([round(breaker, "y", "h"), round(breaker, "x", "other")]).toEqual([0, 0]);
    clock.advance(200_000);
    const tries = Array.from({ length: 6 }, () => round(breaker, "x", "other"));
    expect(tries).toEqual([0, 0, 0, 0, 0, 30_000]);
  });
});
