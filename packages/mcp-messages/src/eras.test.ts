import { describe, expect, it } from "vitest";
import { eraOf, isSupportedVersion } from "./eras.ts";

describe("eraOf()", () => {
  it.each([
    ["2024-11-05", "legacy"],
    ["2025-11-25", "legacy"],
    ["2026-07-28", "modern"],
    ["2027-01-01", "modern"],
  ])("puts %s into the %s era", (version, era) => {
    expect(eraOf(version)).toBe(era);
  });
});

describe("isSupportedVersion()", () => {
  it("knows the versions of both eras and no others", () => {
    expect(["2024-11-05", "2026-07-28", "2027-01-01", ""].map(isSupportedVersion)).toEqual([true, true, false, false]);
  });
});
