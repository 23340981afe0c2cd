import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { reasonProblems, reasonsIn } from "./check-reasons.ts";

describe("reasonsIn()", () => {
  it.each([
    ['{ type: "Ready", reason: "AllGood", message }', ["AllGood"]],
    ['return pending("Starting", "…")', ["Starting"]],
    ['failed(\n  "CommandMissing",\n', ["CommandMissing"]],
    ['progressing("True", "RollingOut", "…")', ["RollingOut"]],
    ['throw new HandshakeError("NotMCP", "…")', ["NotMCP"]],
    ['progressing("False", broken.reason, "…")', []],
    ['{ status: "True", type: "Ready" }', []],
  ])("finds in %j %j", (text, reasons) => {
    expect(reasonsIn(text)).toEqual(reasons);
  });
});

describe("reasonProblems()", () => {
  const root = mkdtempSync(join(tmpdir(), "reasons-"));
  afterAll(() => rmSync(root, { recursive: true }));

  it("names each reason that is not described and its file, tests aside", () => {
    writeFileSync(join(root, "a.ts"), 'pending("Known", ""); pending("Unknown", "")');
    writeFileSync(join(root, "a.test.ts"), 'pending("OnlyTested", "")');
    const source = { folder: ".", kinds: ["WebApp" as const], reasons: { Known: "It is known." } };
    expect(reasonProblems(root, [source])).toEqual([
      './a.ts sets the reason "Unknown", which tools/generate/reference/reasons.ts does not describe',
    ]);
  });
});
