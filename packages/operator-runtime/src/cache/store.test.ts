import type { ConfigMap } from "@moorage/kube-types/core-v1";
import { describe, expect, it } from "vitest";
import { Store } from "./store.ts";

function configMap(
  namespace: string,
  name: string,
  extra: { owner?: string; labels?: Record<string, string> } = {},
): ConfigMap {
  const ownerReferences = extra.owner
    ? [{ apiVersion: "v1", kind: "X", name: "x", uid: extra.owner, controller: true }]
    : [];
  return {
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: { namespace, name, ownerReferences, labels: extra.labels ?? {} },
  };
}

function filled(): Store<ConfigMap> {
  const store = new Store<ConfigMap>();
  store.addIndex("team", ({ metadata }) => (metadata.labels?.["team"] ?? "").split(",").filter(Boolean));
  store.set(configMap("a", "one", { owner: "u1", labels: { team: "red,blue" } }));
  store.set(configMap("a", "two", { labels: { team: "red" } }));
  store.set(configMap("b", "one", { owner: "u1" }));
  return store;
}

const names = (objects: readonly ConfigMap[]) =>
  objects.map(({ metadata }) => `${metadata.namespace}/${metadata.name}`);

describe("Store", () => {
  it.each([
    ["everything", {}, ["a/one", "a/two", "b/one"]],
    ["a namespace", { namespace: "a" }, ["a/one", "a/two"]],
    ["labels", { labels: { matchLabels: { team: "red" } } }, ["a/two"]],
    ["an owner", { ownedBy: { apiVersion: "v1", kind: "X", metadata: { name: "x", uid: "u1" } } }, ["a/one", "b/one"]],
    ["an index", { index: { name: "team", value: "red" } }, ["a/one", "a/two"]],
    ["an index in a namespace", { index: { name: "team", value: "red" }, namespace: "b" }, []],
  ])("lists by %s", (_what, query, expected) => {
    expect(names(filled().list(query))).toEqual(expected);
  });

  it("keeps lookups right when objects change and go", () => {
    const store = filled();
    store.set(configMap("a", "two", { labels: { team: "blue" } }));
    store.delete("a/one");
    expect(names(store.list({ index: { name: "team", value: "blue" } }))).toEqual(["a/two"]);
    expect(names(store.list({ index: { name: "team", value: "red" } }))).toEqual([]);
  });

  it("keeps up with labels that come, change and go after they have been asked for", () => {
    const store = filled();
    const red = () => names(store.list({ labels: { matchLabels: { team: "red", size: "big" } } }));
    expect(red()).toEqual([]);
    store.set(configMap("b", "three", { labels: { team: "red", size: "big" } }));
    store.set(configMap("a", "two", { labels: { team: "red", size: "big" } }));
    expect(red()).toEqual(["b/three", "a/two"]);
    expect(names(store.list({ namespace: "b", labels: { matchLabels: { size: "big" } } }))).toEqual(["b/three"]);
    store.set(configMap("b", "three", { labels: { team: "red" } }));
    store.delete("a/two");
    expect(red()).toEqual([]);
  });

  it("looks only at objects with the rarest label that is asked for", () => {
    const store = new Store<ConfigMap>();
    let looks = 0;
    for (let count = 0; count < 100; count += 1) {
      const object = configMap("a", `map-${count}`, { labels: { app: "shop", instance: `i-${count % 50}` } });
      const { metadata } = object;
      store.set({
        ...object,
        get metadata() {
          looks += 1;
          return metadata;
        },
      });
    }
    const query = { labels: { matchLabels: { app: "shop", instance: "i-7" } } };
    store.list(query);
    looks = 0;
    expect(store.list(query)).toHaveLength(2);
    expect(looks).toBeLessThan(20);
  });

  it("indexes what is there already when an index is added", () => {
    const store = filled();
    store.addIndex("name", ({ metadata }) => [metadata.name]);
    expect(names(store.list({ index: { name: "name", value: "one" } }))).toEqual(["a/one", "b/one"]);
  });

  it("refuses unknown and double indexes", () => {
    expect(() => filled().list({ index: { name: "nope", value: "x" } })).toThrow('"nope"');
    expect(() => filled().addIndex("team", () => [])).toThrow('"team"');
  });
});
