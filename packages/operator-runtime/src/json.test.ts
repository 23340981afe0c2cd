import { createHash } from "node:crypto";
import { equalJson } from "@moorage/kube-types";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { canonicalJson, hashOf, shareParts } from "./json.ts";

describe("canonicalJson()", () => {
  it.each([
    [{ b: 1, a: [{ d: 1, c: 2 }] }, '{"a":[{"c":2,"d":1}],"b":1}', "fields are in order, also in lists"],
    [{ a: undefined, b: [undefined] }, '{"b":[null]}', "undefined fields do not count"],
    [undefined, "null", "nothing is null"],
    [{ at: new Date(0) }, '{"at":"1970-01-01T00:00:00.000Z"}', "a date says itself how it is written"],
    [JSON.parse('{"__proto__":{"a":1}}'), '{"__proto__":{"a":1}}', "no field is lost, whatever its name"],
  ])("%j becomes %s: %s", (value, text) => {
    expect(canonicalJson(value)).toBe(text);
  });
});

describe("hashOf()", () => {
  it("stays what it was in earlier versions, which wrote it into annotations", () => {
    const sha256 = createHash("sha256").update('{"a":1,"b":2}').digest("base64url");
    expect(hashOf({ b: 2, a: 1 })).toBe(sha256.slice(0, 22));
  });
});

describe("shareParts()", () => {
  const text = (value: unknown) => JSON.stringify(value);
  const parse = (json: string): unknown => JSON.parse(json);

  it("uses equal parts of the other, and keeps what differs", () => {
    const base = { labels: { a: "1" }, ports: [{ port: 80 }, { port: 81 }], name: "one" };
    const next = { labels: { a: "1" }, ports: [{ port: 80 }, { port: 82 }], name: "two" };
    expect(shareParts(next, base)).toBe(next);
    expect(next).toEqual({ labels: { a: "1" }, ports: [{ port: 80 }, { port: 82 }], name: "two" });
    expect([next.labels === base.labels, next.ports[0] === base.ports[0]]).toEqual([true, true]);
  });

  it("freezes what both hold, and nothing else", () => {
    const base = { labels: { a: "1" }, spec: { b: 1 } };
    const next = { labels: { a: "1" }, spec: { b: 2 } };
    shareParts(next, base);
    expect([next.labels, next.spec, next].map(Object.isFrozen)).toEqual([true, false, false]);
  });

  it("is the other where all is the same", () => {
    const base = { a: [1, { b: "x" }] };
    expect(shareParts({ a: [1, { b: "x" }] }, base)).toBe(base);
  });

  it("does not take for a part of the other what every object inherits", () => {
    const next = parse('{"data":{"__proto__":{},"constructor":{}}}');
    shareParts(next, { data: { a: "1" } });
    expect([text(next), Object.isFrozen(Object.prototype)]).toEqual([
      '{"data":{"__proto__":{},"constructor":{}}}',
      false,
    ]);
  });

  it("never changes what any says", () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.array(fc.jsonValue(), { maxLength: 3 }), (one, others) => {
        const [oneText, otherTexts] = [text(one), others.map(text)];
        const bases = otherTexts.map(parse);
        const shared = bases.reduce<unknown>(shareParts, parse(oneText));
        expect(equalJson(shared, parse(oneText))).toBe(true);
        expect(bases.map(text)).toEqual(otherTexts);
      }),
    );
  });

  it("goes on with another base where the first had a part in common", () => {
    const next = { a: { x: [1] }, b: { y: [2] } };
    shareParts(next, { a: { x: [1] }, b: {} });
    const second = { a: { x: [3] }, b: { y: [2] } };
    shareParts(next, second);
    expect(next).toEqual({ a: { x: [1] }, b: { y: [2] } });
    expect(next.b).toBe(second.b);
  });
});
