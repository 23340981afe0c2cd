import { mkdir, mkdtemp, rename, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { until } from "../testing/running-proxy.ts";
import { FileWatch } from "./watch-file.ts";

let folder: string;
let watch: FileWatch;
let texts: string[];
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "moorage-"));
  texts = [];
});
afterEach(async () => {
  watch.close();
  await rm(folder, { recursive: true });
});

describe("FileWatch", () => {
  it("tells of a file that is replaced, and only of real changes", async () => {
    const file = join(folder, "config.json");
    await writeFile(file, "one");
    watch = new FileWatch(file, Buffer.from("one"), (bytes) => texts.push(bytes.toString()));
    await writeFile(join(folder, "other"), "x");
    await writeFile(join(folder, "new"), "two");
    await rename(join(folder, "new"), file);
    await until(() => texts.length > 0);
    expect(texts).toEqual(["two"]);
  });

  it("tells of a ConfigMap volume that swaps its ..data link", async () => {
    const write = async (name: string, text: string) => {
      await mkdir(join(folder, name));
      await writeFile(join(folder, name, "config.json"), text);
      await symlink(name, join(folder, `..tmp-${name}`));
      await rename(join(folder, `..tmp-${name}`), join(folder, "..data"));
    };
    await write("..1", "one");
    await symlink("..data/config.json", join(folder, "config.json"));
    watch = new FileWatch(join(folder, "config.json"), Buffer.from("one"), (bytes) => texts.push(bytes.toString()));
    await write("..2", "two");
    await until(() => texts.length > 0);
    expect(texts).toEqual(["two"]);
  });
});
