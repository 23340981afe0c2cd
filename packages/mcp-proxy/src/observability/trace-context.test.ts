import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { childOf, formatTraceparent, parseTraceparent } from "./trace-context.ts";

const traceID = "4bf92f3577b34da6a3ce929d0e0e4736";
const spanID = "00f067aa0ba902b7";

describe("parseTraceparent()", () => {
  it.each([
    ["a sampled one", `00-${traceID}-${spanID}-01`, { traceID, spanID, sampled: true }],
    ["one that is not sampled", `00-${traceID}-${spanID}-00`, { traceID, spanID, sampled: false }],
    ["a later version", `01-${traceID}-${spanID}-01-more`, { traceID, spanID, sampled: true }],
    ["the forbidden version", `ff-${traceID}-${spanID}-01`, undefined],
    ["zeros", `00-${"0".repeat(32)}-${spanID}-01`, undefined],
    ["capitals", `00-${traceID.toUpperCase()}-${spanID}-01`, undefined],
    ["a number", 5, undefined],
  ])("reads %s", (_, value, expected) => {
    expect(parseTraceparent(value)).toEqual(expected);
  });

  it("never throws", () => {
    fc.assert(fc.property(fc.string(), (text) => parseTraceparent(text) === undefined));
  });
});

describe("childOf()", () => {
  it("stays in the trace of its parent and has a span of its own", () => {
    const parent = { traceID, spanID, sampled: false };
    const child = childOf(parent, 1);
    expect([child.traceID, child.sampled, child.spanID === spanID]).toEqual([traceID, false, false]);
    expect(parseTraceparent(formatTraceparent(child))).toEqual(child);
  });

  it.each([
    [0, false],
    [1, true],
  ])("samples roots with ratio %d: %s", (ratio, sampled) => {
    expect(childOf(undefined, ratio).sampled).toBe(sampled);
  });
});
