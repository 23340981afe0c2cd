import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Sealer } from "./sealed.ts";

const oldKey = "o".repeat(32);
const newKey = "n".repeat(32);

describe("Sealer", () => {
  it("opens what it sealed, any JSON value", () => {
    const sealer = new Sealer();
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const expected: unknown = JSON.parse(JSON.stringify(value));
        expect(sealer.open(sealer.seal(value, "session"), "session")).toEqual(expected);
      }),
    );
  });

  it("opens what an older key sealed, and seals with the first", () => {
    const sealed = new Sealer([oldKey]).seal(1, "session");
    expect(new Sealer([newKey, oldKey]).open(sealed, "session")).toBe(1);
    const resealed = new Sealer([newKey, oldKey]).seal(2, "session");
    expect(new Sealer([newKey]).open(resealed, "session")).toBe(2);
  });

  it.each([
    ["another key", () => new Sealer([newKey]).open(new Sealer([oldKey]).seal(1, "session"), "session")],
    ["another purpose", () => new Sealer([newKey]).open(new Sealer([newKey]).seal(1, "session"), "state")],
    ["nothing", () => new Sealer([newKey]).open("", "session")],
  ])("does not open %s", (_, open) => {
    expect(open()).toBeUndefined();
  });

  it("opens neither noise nor a changed text, and never throws", () => {
    const sealer = new Sealer([newKey]);
    const sealed = sealer.seal({ a: 1 }, "session");
    fc.assert(fc.property(fc.string(), (text) => sealer.open(text, "session") === undefined));
    fc.assert(
      fc.property(fc.nat({ max: sealed.length - 2 }), (at) => {
        const other = sealed[at] === "A" ? "B" : "A";
        return sealer.open(sealed.slice(0, at) + other + sealed.slice(at + 1), "session") === undefined;
      }),
    );
  });
});
