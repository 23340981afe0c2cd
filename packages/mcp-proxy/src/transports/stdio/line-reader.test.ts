import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { LineReader } from "./line-reader.ts";

function read(chunks: readonly Buffer[], maximumBytes = 100): { lines: string[]; dropped: unknown[] } {
  const lines: string[] = [];
  const dropped: unknown[] = [];
  const reader = new LineReader(
    {
      line: (line) => lines.push(line.toString()),
      tooLong: (bytes, head, tail) => dropped.push({ bytes, head: head.toString(), tail: tail.toString() }),
    },
    maximumBytes,
  );
  for (const chunk of chunks) reader.push(chunk);
  return { lines, dropped };
}

describe("LineReader", () => {
  it("finds the same lines however the bytes are cut", () => {
    const line = fc.string({ maxLength: 40 }).map((text) => text.replaceAll(/[\r\n]/g, ""));
    fc.assert(
      fc.property(fc.array(line), fc.array(fc.nat({ max: 30 })), (lines, cuts) => {
        const bytes = Buffer.from(lines.map((text) => `${text}\n`).join(""));
        const chunks: Buffer[] = [];
        let start = 0;
        for (const cut of cuts) {
          chunks.push(bytes.subarray(start, start + cut));
          start += cut;
        }
        chunks.push(bytes.subarray(start));
        expect(read(chunks, 1000).lines).toEqual(lines);
      }),
    );
  });

  it("drops a line that is too long, tells its ends, and reads on", () => {
    const long = `{"id":1,${"x".repeat(5000)},"end":2}`;
    const chunks = [Buffer.from(long.slice(0, 3000)), Buffer.from(long.slice(3000)), Buffer.from("\nnext\n")];
    const { lines, dropped } = read(chunks, 2000);
    expect(lines).toEqual(["next"]);
    expect(dropped).toEqual([{ bytes: long.length, head: long.slice(0, 1024), tail: long.slice(-1024) }]);
  });

  it("strips the carriage return of Windows servers", () => {
    expect(read([Buffer.from("a\r\nb\n")]).lines).toEqual(["a", "b"]);
  });

  it("reads 64 MiB in time that grows with the length only", () => {
    const chunk = Buffer.alloc(64 * 1024, "x");
    const timeOf = (count: number) => {
      const start = performance.now();
      read([...Array.from({ length: count }, () => chunk), Buffer.from("\n")], 2 ** 30);
      return performance.now() - start;
    };
    timeOf(64);
    const small = Math.max(timeOf(128), 1);
    expect(timeOf(1024)).toBeLessThan(small * 8 * 6 + 200);
  });
});
