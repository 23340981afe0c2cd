import { applyStrategicMerge } from "@moorage/kube-types";
import { describe, expect, it } from "vitest";
import { builtInSchema } from "../openapi/compile-schema.ts";

const schema = builtInSchema("apps", "v1", { group: "apps", version: "v1", kind: "Deployment" });
const podSpec = (spec: object) => ({ spec: { template: { spec } } });

describe("applyStrategicMerge()", () => {
  it.each([
    [
      "merges containers by name",
      podSpec({
        containers: [
          { name: "a", image: "1" },
          { name: "b", image: "1" },
        ],
      }),
      podSpec({ containers: [{ name: "b", image: "2" }] }),
      podSpec({
        containers: [
          { name: "a", image: "1" },
          { name: "b", image: "2" },
        ],
      }),
    ],
    [
      "deletes an item by directive",
      podSpec({ containers: [{ name: "a" }, { name: "b" }] }),
      podSpec({ containers: [{ name: "a", $patch: "delete" }] }),
      podSpec({ containers: [{ name: "b" }] }),
    ],
    [
      "replaces a list by directive",
      podSpec({ containers: [{ name: "a" }, { name: "b" }] }),
      podSpec({ containers: [{ name: "c" }, { $patch: "replace" }] }),
      podSpec({ containers: [{ name: "c" }] }),
    ],
    [
      "orders items by directive, those of the server alone by where they stood",
      podSpec({ containers: [{ name: "a" }, { name: "b" }, { name: "x" }] }),
      podSpec({ "$setElementOrder/containers": [{ name: "b" }, { name: "a" }], containers: [] }),
      podSpec({ containers: [{ name: "b" }, { name: "a" }, { name: "x" }] }),
    ],
    [
      "replaces lists that have no key",
      podSpec({ tolerations: [{ key: "a" }] }),
      podSpec({ tolerations: [{ key: "b" }] }),
      podSpec({ tolerations: [{ key: "b" }] }),
    ],
    ["removes by null", { spec: { replicas: 1, paused: true } }, { spec: { paused: null } }, { spec: { replicas: 1 } }],
    [
      "drops what retainKeys does not name",
      { spec: { strategy: { type: "RollingUpdate", rollingUpdate: { maxSurge: 1 } } } },
      { spec: { strategy: { $retainKeys: ["type"], type: "Recreate" } } },
      { spec: { strategy: { type: "Recreate" } } },
    ],
    [
      "adds to and deletes from sets",
      { metadata: { finalizers: ["a/1", "b/2"] } },
      { metadata: { "$deleteFromPrimitiveList/finalizers": ["a/1"], finalizers: ["c/3"] } },
      { metadata: { finalizers: ["c/3", "b/2"] } },
    ],
    [
      "replaces a map by directive",
      { metadata: { labels: { a: "1" } } },
      { metadata: { labels: { $patch: "replace", b: "2" } } },
      { metadata: { labels: { b: "2" } } },
    ],
  ])("%s", (_reason, target, patch, expected) => {
    expect(applyStrategicMerge(target, patch, schema)).toEqual(expected);
  });
});
