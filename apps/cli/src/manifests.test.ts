import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { parseManifests, readManifests } from "./manifests.ts";
import { UsageError } from "./usage-error.ts";

const configMap = (name: string) => `apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: ${name}\n`;

describe("parseManifests()", () => {
  it("reads every document and says where each starts", () => {
    const manifests = parseManifests(`# comment\n${configMap("a")}---\n---\n${configMap("b")}`, "x.yaml");
    expect(manifests.map(({ object, source }) => [object.metadata.name, source])).toEqual([
      ["a", "x.yaml:2"],
      ["b", "x.yaml:8"],
    ]);
  });

  it("unfolds a List", () => {
    const list = {
      apiVersion: "v1",
      kind: "List",
      items: [{ apiVersion: "v1", kind: "Secret", metadata: { name: "s" } }],
    };
    expect(parseManifests(JSON.stringify(list), "x.json").map(({ object }) => object.kind)).toEqual(["Secret"]);
  });

  it.each([
    ["YAML that does not parse", "a: [1,\nb: 2", /x\.yaml" at line 2, column/],
    ["a tab as indentation", "a:\n\tb: 1", /at line 2/],
    [
      "no apiVersion",
      "kind: ConfigMap\nmetadata: {name: a}",
      /x\.yaml:1 is no manifest: it needs apiVersion, kind and metadata.name/,
    ],
    ["no name", "apiVersion: v1\nkind: ConfigMap\nmetadata: {}", /needs apiVersion, kind and metadata.name/],
    ["a scalar", "hello", /is no manifest/],
  ])("refuses %s, with file and line", (_, content, message) => {
    expect(() => parseManifests(content, "x.yaml")).toThrow(UsageError);
    expect(() => parseManifests(content, "x.yaml")).toThrow(message);
  });
});

describe("readManifests()", () => {
  let folder = "";
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "manifests-"));
  });
  afterEach(() => rm(folder, { recursive: true }));

  it("reads the YAML and JSON files of a folder in the order of their names", async () => {
    await writeFile(join(folder, "2.yml"), configMap("second"));
    await writeFile(join(folder, "1.yaml"), configMap("first"));
    await writeFile(join(folder, "notes.txt"), "not a manifest");
    const manifests = await readManifests([folder]);
    expect(manifests.map(({ object }) => object.metadata.name)).toEqual(["first", "second"]);
  });

  it("reads what was given first, first", async () => {
    await writeFile(join(folder, "b.yaml"), configMap("b"));
    await writeFile(join(folder, "a.yaml"), configMap("a"));
    const manifests = await readManifests([join(folder, "b.yaml"), join(folder, "a.yaml")]);
    expect(manifests.map(({ object }) => object.metadata.name)).toEqual(["b", "a"]);
  });

  it("says that a file does not exist", async () => {
    await expect(readManifests([join(folder, "none.yaml")])).rejects.toThrow(
      /none\.yaml": there is no such file or folder/,
    );
  });

  it("says that a file holds nothing", async () => {
    await writeFile(join(folder, "empty.yaml"), "# nothing\n");
    await expect(readManifests([join(folder, "empty.yaml")])).rejects.toThrow(/holds no manifest/);
  });
});
