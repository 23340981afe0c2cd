import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { FreshFile } from "./fresh-file.ts";

describe("FreshFile", () => {
  it("reads again after its age, after invalidate(), and keeps the last good content", async () => {
    const folder = await mkdtemp(join(tmpdir(), "moorage-file-"));
    const path = join(folder, "token");
    await writeFile(path, "one");
    const lasting = new FreshFile(path, 60_000);
    const fleeting = new FreshFile(path, 0);
    expect([await lasting.read(), await fleeting.read()]).toEqual(["one", "one"]);
    await writeFile(path, "two");
    expect([await lasting.read(), await fleeting.read()]).toEqual(["one", "two"]);
    lasting.invalidate();
    expect(await lasting.read()).toBe("two");
    await rm(folder, { recursive: true });
    expect(await fleeting.read()).toBe("two");
    await expect(new FreshFile(path).read()).rejects.toThrow(path);
  });
});
