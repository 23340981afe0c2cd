import { describe, expect, it } from "vitest";
import { FakeClock } from "../testing/fake-clock.ts";
import { FailureBrake } from "./failure-brake.ts";

function brakeAfter(results: readonly boolean[]) {
  const clock = new FakeClock();
  const brake = new FailureBrake(clock, { ratio: 0.5, window: 10, spacingMs: 100 });
  for (const failed of results) brake.observe(failed);
  return { brake, clock };
}

describe("FailureBrake", () => {
  it.each([
    ["nothing happened yet", [], 0],
    ["one failure, which says nothing", [true], 0],
    ["most succeed", [true, false, false, false], 0],
    ["half fail", [true, false, true, false], 100],
    ["failures are long ago", [...Array<boolean>(10).fill(true), ...Array<boolean>(8).fill(false)], 0],
  ])("when %s", (_what, results, second) => {
    const { brake } = brakeAfter(results);
    expect([brake.reserve(), brake.reserve()]).toEqual([0, second]);
  });

  it("spaces starts out, and lets go when things work again", () => {
    const { brake, clock } = brakeAfter([true, true, true]);
    expect([brake.ratio, brake.reserve(), brake.reserve(), brake.reserve()]).toEqual([1, 0, 100, 200]);
    clock.advance(300);
    expect(brake.reserve()).toBe(0);
    for (let n = 0; n < 10; n++) brake.observe(false);
    expect([brake.ratio, brake.reserve(), brake.reserve()]).toEqual([0, 0, 0]);
  });

  it("refuses settings that make no sense", () => {
    expect(() => new FailureBrake(new FakeClock(), { ratio: 0 })).toThrow(RangeError);
  });
});
