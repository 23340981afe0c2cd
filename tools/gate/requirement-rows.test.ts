import { describe, expect, it } from "vitest";
import { idsIn, requirementRows } from "./requirement-rows.ts";

describe("requirementRows()", () => {
  it("reads what is done and what is open, and nothing else", () => {
    const text = [
      "# Requirements",
      "| ids | statement |",
      "| S1-001, S1-004…S1-005 | It runs. | `a.ts`, `b/c.ts` | `a.test.ts` — runs; and ends; `b.test.ts` — runs — again |",
      "| S2-007 | open | nobody has built it |",
    ].join("\n");
    expect(requirementRows(text)).toEqual([
      {
        ids: ["S1-001", "S1-004", "S1-005"],
        statement: "It runs.",
        files: ["a.ts", "b/c.ts"],
        tests: [
          { file: "a.test.ts", name: "runs; and ends" },
          { file: "b.test.ts", name: "runs — again" },
        ],
      },
      { ids: ["S2-007"], statement: "open", files: [], tests: [], open: "nobody has built it" },
    ]);
  });

  it.each([
    "| S1-001 | It runs. | a.ts |",
    "| S1-001 | It runs. | a.ts | a.test.ts |",
    "| S1-001 | open | |",
    "| S1-1 | open | reason |",
  ])("refuses %s", (line) => {
    expect(() => requirementRows(line)).toThrow();
  });

  it("knows ranges of one document only", () => {
    expect(idsIn("S3-009…S3-011")).toEqual(["S3-009", "S3-010", "S3-011"]);
    expect(() => idsIn("S3-009…S4-011")).toThrow();
  });
});
