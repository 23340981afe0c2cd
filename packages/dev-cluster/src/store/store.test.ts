import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { ApiObject } from "./api-object.ts";
import { Store } from "./store.ts";

const configMap = (name: string, value = ""): ApiObject => ({
  apiVersion: "v1",
  kind: "ConfigMap",
  metadata: { name, namespace: "default" },
  data: { value },
});

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "store-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

describe("Store", () => {
  it("gives every write a larger version", () => {
    const store = new Store();
    const first = store.put("configmaps", "default/a", configMap("a"));
    const second = store.put("configmaps", "default/a", configMap("a", "2"));
    const gone = store.remove("configmaps", "default/a");
    expect(second.version).toBeGreaterThan(first.version);
    expect(gone?.version).toBeGreaterThan(second.version);
    expect(gone?.object.metadata.resourceVersion).toBe(String(gone?.version));
  });

  it("lists in the order of keys, below a prefix", () => {
    const store = new Store();
    for (const key of ["b/x", "a/z", "a/y", "ab/x"]) store.put("configmaps", key, configMap(key));
    expect(store.list("configmaps", "a/").map((entry) => entry.key)).toEqual(["a/y", "a/z"]);
    expect(store.list("configmaps").map((entry) => entry.key)).toEqual(["a/y", "a/z", "ab/x", "b/x"]);
  });

  it("freezes what it holds", () => {
    const store = new Store();
    const { object } = store.put("configmaps", "default/a", configMap("a"));
    expect(() => {
      object.metadata.name = "b";
    }).toThrow(TypeError);
  });

  it("keeps objects and versions over a restart, deletions included", async () => {
    const path = join(folder, "state.db");
    const store = new Store(path);
    store.put("configmaps", "default/a", configMap("a", "kept"));
    store.put("configmaps", "default/b", configMap("b"));
    const gone = store.remove("configmaps", "default/b");
    await store.settled();
    store.close();

    const again = new Store(path);
    expect(again.get("configmaps", "default/a")?.object["data"]).toEqual({ value: "kept" });
    expect(again.get("configmaps", "default/b")).toBeUndefined();
    expect(again.version).toBe(gone?.version);
    again.close();
  });

  it("announces a change only once it is saved, in order", async () => {
    const store = new Store(join(folder, "state.db"));
    const heard: string[] = [];
    store.collection("configmaps").listeners.add((event) => heard.push(`${event.type} ${event.entry.key}`));
    store.put("configmaps", "default/a", configMap("a"));
    store.put("configmaps", "default/a", configMap("a", "2"));
    store.remove("configmaps", "default/a");
    expect(heard).toEqual([]);
    await store.settled();
    expect(heard).toEqual(["ADDED default/a", "MODIFIED default/a", "DELETED default/a"]);
    store.close();
  });

  it("knows the changes since a version until it is compacted", async () => {
    const store = new Store();
    const start = store.version;
    const collection = store.collection("configmaps");
    store.put("configmaps", "default/a", configMap("a"));
    const second = store.put("configmaps", "default/b", configMap("b"));
    await store.settled();
    expect(collection.changesSince(start)?.map((event) => event.entry.key)).toEqual(["default/a", "default/b"]);
    collection.compact(second.version);
    expect(collection.changesSince(start)).toBeUndefined();
    expect(collection.changesSince(second.version)).toEqual([]);
  });

  it("escapes line separators, which would split a watch stream", () => {
    const store = new Store();
    const entry = store.put("configmaps", "default/a", configMap("a", "x\u2028y\u2029z"));
    expect(entry.json).toContain("x\\u2028y\\u2029z");
    expect(JSON.parse(entry.json).data.value).toBe("x\u2028y\u2029z");
  });
});
