import { mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { writeAtomically } from "./atomic-directory.ts";

let dir: string;

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "moorage-volume-"));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

const files = (content: Record<string, string>, mode = 0o644) =>
  new Map(Object.entries(content).map(([path, text]) => [path, { content: Buffer.from(text), mode }]));
const read = (path: string) => readFileSync(join(dir, path), "utf8");
const names = () => readdirSync(dir).filter((name) => !name.startsWith(".."));

describe("writeAtomically()", () => {
  it("writes files, folders and modes", () => {
    writeAtomically(dir, files({ a: "1", "sub/b": "2" }, 0o600));
    expect([read("a"), read("sub/b")]).toEqual(["1", "2"]);
    expect(statSync(join(dir, "a")).mode & 0o777).toBe(0o600);
  });

  it("replaces everything by moving one link", () => {
    writeAtomically(dir, files({ a: "1", b: "1" }));
    const before = readlinkSync(join(dir, "..data"));
    writeAtomically(dir, files({ a: "2", c: "2" }));
    expect(readlinkSync(join(dir, "..data"))).not.toBe(before);
    expect(readlinkSync(join(dir, "a"))).toBe("..data/a");
    expect(names().sort()).toEqual(["a", "c"]);
    expect(read("a")).toBe("2");
    // The folder of the old content is gone: what is left is one folder, one link.
    expect(readdirSync(dir).filter((name) => name.startsWith(".."))).toHaveLength(2);
  });

  it("survives a write that was cut short", () => {
    writeAtomically(dir, files({ a: "1" }));
    rmSync(join(dir, "a"));
    writeAtomically(dir, files({ a: "2" }));
    expect(read("a")).toBe("2");
  });

  it.each(["../x", "/etc/x", "a/../../x", "..data/x"])("refuses the path %s, which leads out", (path) => {
    expect(() => writeAtomically(dir, files({ [path]: "" }))).toThrow(RangeError);
  });
});
