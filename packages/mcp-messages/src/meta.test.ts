import { describe, expect, it } from "vitest";
import { ErrorCode } from "./error-codes.ts";
import { endToEndMeta, MetaKey, readModernMeta, withMeta } from "./meta.ts";

const complete = { [MetaKey.protocolVersion]: "2026-07-28", [MetaKey.clientCapabilities]: { sampling: {} } };

describe("readModernMeta()", () => {
  it("reads what a modern request carries", () => {
    const _meta = { ...complete, [MetaKey.clientInfo]: { name: "c" }, [MetaKey.logLevel]: "info" };
    expect(readModernMeta({ _meta })).toEqual({
      ok: true,
      meta: {
        protocolVersion: "2026-07-28",
        clientCapabilities: { sampling: {} },
        clientInfo: { name: "c" },
        logLevel: "info",
      },
    });
  });

  it.each([
    ["no params", undefined],
    ["no _meta", {}],
    ["no capabilities", { _meta: { [MetaKey.protocolVersion]: "2026-07-28" } }],
    ["a version that is no string", { _meta: { ...complete, [MetaKey.protocolVersion]: 1 } }],
  ])("refuses %s", (_, params) => {
    expect(readModernMeta(params)).toMatchObject({ ok: false, error: { code: ErrorCode.invalidParams } });
  });
});

describe("endToEndMeta()", () => {
  it("drops what describes one hop and keeps the rest", () => {
    const _meta = { ...complete, traceparent: "00-1-2-01", "com.example/x": 1, progressToken: 4 };
    expect(endToEndMeta({ _meta })).toEqual({ traceparent: "00-1-2-01", "com.example/x": 1, progressToken: 4 });
  });
});

describe("withMeta()", () => {
  it("replaces _meta and leaves an empty one out", () => {
    expect(withMeta({ a: 1, _meta: { b: 2 } }, { c: 3 })).toEqual({ a: 1, _meta: { c: 3 } });
    expect(withMeta({ a: 1, _meta: { b: 2 } }, {})).toEqual({ a: 1 });
    expect(withMeta(undefined, {})).toEqual({});
  });
});
