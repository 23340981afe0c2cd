import { describe, expect, it } from "vitest";
import { errorFromAnswer, errorFromConnection, parseRetryAfter } from "./response-error.ts";

describe("parseRetryAfter()", () => {
  const now = Date.parse("2026-01-01T00:00:00Z");
  it.each([
    ["seconds", "7", 7000],
    ["a date", "Thu, 01 Jan 2026 00:00:05 GMT", 5000],
    ["a date that is past", "Thu, 01 Jan 2026 00:00:00 GMT", 0],
    ["nonsense", "soon", undefined],
    ["nothing", undefined, undefined],
    ["the first of many", ["2", "9"], 2000],
  ])("%s", (_what, header, expected) => {
    expect(parseRetryAfter(header, now)).toBe(expected);
  });
});

describe("errorFromAnswer()", () => {
  it("takes the wait from the Status where there is no header", () => {
    const text = JSON.stringify({
      kind: "Status",
      apiVersion: "v1",
      reason: "Timeout",
      details: { retryAfterSeconds: 2 },
    });
    const error = errorFromAnswer("Cannot x", { statusCode: 504, headers: {}, text });
    expect([error.retryAfterMs, error.code, error.reason]).toEqual([2000, 504, "Timeout"]);
  });

  it("cuts a long page", () => {
    const error = errorFromAnswer("Cannot x", { statusCode: 502, headers: {}, text: "x".repeat(10_000) });
    expect(error.message.length).toBeLessThan(400);
  });
});

describe("errorFromConnection()", () => {
  it("says what the socket said, also of several addresses", () => {
    const failed = new AggregateError([new Error("ECONNREFUSED ::1"), new Error("ECONNREFUSED 127.0.0.1")], "");
    expect(errorFromConnection("Cannot x", failed).message).toContain("ECONNREFUSED 127.0.0.1");
  });
});
