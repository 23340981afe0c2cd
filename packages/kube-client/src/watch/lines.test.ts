import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { lineBatches } from "./lines.ts";

async function linesOf(chunks: readonly Buffer[], maxBytes?: number): Promise<string[]> {
  async function* stream() {
    yield* chunks;
  }
  const lines: string[] = [];
  for await (const batch of lineBatches(stream(), maxBytes)) lines.push(...batch);
  return lines;
}

describe("lineBatches()", () => {
  it("gives back the lines however the bytes are cut", async () => {
    const line = fc.string({ unit: "binary", minLength: 1, maxLength: 40 }).filter((text) => !text.includes("\n"));
    await fc.assert(
      fc.asyncProperty(fc.array(line), fc.array(fc.nat({ max: 60 })), async (lines, cuts) => {
        const bytes = Buffer.from(lines.map((each) => `${each}\n`).join(""));
        const places = [...new Set([0, ...cuts.map((cut) => Math.min(cut, bytes.length)), bytes.length])].sort(
          (a, b) => a - b,
        );
        const chunks = places.slice(1).map((end, index) => bytes.subarray(places[index], end));
        expect(await linesOf(chunks)).toEqual(lines.map((each) => Buffer.from(each).toString()));
      }),
    );
  });

  it("does not take U+2028, U+2029 or a carriage return for the end of a line", async () => {
    expect(await linesOf([Buffer.from("a\u2028b\u2029c\rd\n")])).toEqual(["a\u2028b\u2029c\rd"]);
  });

  it("yields a last line that has no end", async () => {
    expect(await linesOf([Buffer.from("a\nb")])).toEqual(["a", "b"]);
  });

  it("refuses a line without end instead of buffering it", async () => {
    await expect(linesOf([Buffer.alloc(6, "x"), Buffer.alloc(6, "x")], 10)).rejects.toThrow(RangeError);
  });
});
