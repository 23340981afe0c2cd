import { describe, expect, it } from "vitest";
import { FakeClock } from "../testing/fake-clock.ts";
import { ApplyBreaker } from "./apply-breaker.ts";

describe("ApplyBreaker", () => {
  it("lets five corrections a minute pass, pauses 30 s, then tries once and pauses twice as long", () => {
    const clock = new FakeClock();
    const breaker = new ApplyBreaker(clock);
    const tries = Array.from({ length: 6 }, () => breaker.pauseBefore("x", "h"));
    expect(tries).toEqual([0, 0, 0, 0, 0, 30_000]);
    clock.advance(30_000);
    expect([breaker.pauseBefore("x", "h"), breaker.pauseBefore("x", "h")]).toEqual([0, 60_000]);
  });

  it("pauses no longer because the machine's time is set back", () => {
    const clock = new FakeClock();
    const breaker = new ApplyBreaker(clock);
    for (let n = 0; n < 6; n++) breaker.pauseBefore("x", "h");
    clock.jump(-86_400_000);
    clock.advance(30_000);
    expect(breaker.pauseBefore("x", "h")).toBe(0);
  });

  it("starts over after a quiet minute, for another state, and for another child", () => {
    const clock = new FakeClock();
    const breaker = new ApplyBreaker(clock);
    for (let n = 0; n < 6; n++) breaker.pauseBefore("x", "h");
    expect([breaker.pauseBefore("y", "h"), breaker.pauseBefore("x", "other")]).toEqual([0, 0]);
    clock.advance(200_000);
    const tries = Array.from({ length: 6 }, () => breaker.pauseBefore("x", "other"));
    expect(tries).toEqual([0, 0, 0, 0, 0, 30_000]);
  });
});
