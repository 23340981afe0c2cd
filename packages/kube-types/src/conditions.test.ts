import { describe, expect, it } from "vitest";
import { findCondition, isConditionTrue, rfc3339Seconds, setCondition } from "./conditions.ts";

const first = new Date("2026-01-01T00:00:00.900Z");
const later = new Date("2026-01-01T00:05:00Z");
const observed = { type: "Ready", status: "False" as const, reason: "Starting", message: "1 of 2" };

describe("setCondition()", () => {
  const once = setCondition(undefined, observed, { now: first, observedGeneration: 3 });

  it("adds a condition with the time in seconds and the generation", () => {
    expect(once).toEqual([{ ...observed, observedGeneration: 3, lastTransitionTime: "2026-01-01T00:00:00Z" }]);
  });

  it("keeps the time of the transition while the status stays", () => {
    const twice = setCondition(once, { ...observed, message: "2 of 2" }, { now: later });
    expect(twice).toEqual([{ ...observed, message: "2 of 2", lastTransitionTime: "2026-01-01T00:00:00Z" }]);
  });

  it("moves it when the status changes, and leaves the others in place and untouched", () => {
    const both = setCondition(once, { ...observed, type: "Available" }, { now: first });
    const changed = setCondition(both, { ...observed, status: "True" }, { now: later });
    expect(changed.map(({ type, lastTransitionTime }) => [type, lastTransitionTime])).toEqual([
      ["Ready", "2026-01-01T00:05:00Z"],
      ["Available", "2026-01-01T00:00:00Z"],
    ]);
    expect(both[0]?.status).toBe("False");
  });
});

describe("findCondition() and isConditionTrue()", () => {
  it("look by type, also where there is nothing", () => {
    const conditions = setCondition(undefined, { ...observed, status: "True" }, { now: first });
    expect(findCondition(conditions, "Ready")?.reason).toBe("Starting");
    expect(isConditionTrue(conditions, "Ready")).toBe(true);
    expect(isConditionTrue(conditions, "Available")).toBe(false);
    expect(isConditionTrue(undefined, "Ready")).toBe(false);
  });
});

describe("rfc3339Seconds()", () => {
  it("cuts fractions off", () => {
    expect(rfc3339Seconds(first)).toBe("2026-01-01T00:00:00Z");
  });
});
