import { describe, expect, it } from "vitest";
import { goTime, TimeError } from "./go-time.ts";

describe("goTime()", () => {
  it.each([
    ["in UTC", "2026-01-02T03:04:05Z", "seconds", "2026-01-02T03:04:05Z"],
    ["in another zone", "2026-01-02T03:04:05+02:00", "seconds", "2026-01-02T01:04:05Z"],
    ["with a fraction that is dropped", "2026-01-02T03:04:05.678Z", "seconds", "2026-01-02T03:04:05Z"],
    ["to the microsecond", "2026-01-02T03:04:05.678901-01:00", "microseconds", "2026-01-02T04:04:05.678901Z"],
  ] as const)("%s", (_reason, text, precision, expected) => {
    expect(goTime(text, precision)).toBe(expected);
  });

  it.each([
    ["no time", "yesterday", 'cannot parse "yesterday" as "2006"'],
    ["a month of the year 13", "2026-13-01T00:00:00.000000Z", 'cannot parse "13-01T00:00:00.000000Z" as "01"'],
    ["no microseconds", "2026-01-01T00:00:00Z", 'cannot parse "Z" as ".000000"'],
    ["no zone", "2026-01-01T00:00:00.000000", 'cannot parse "" as "Z07:00"'],
  ])("refuses %s", (_reason, text, words) => {
    expect(() => goTime(text, "microseconds")).toThrow(TimeError);
    expect(() => goTime(text, "microseconds")).toThrow(words);
  });
});
