import type { ReplicaSet } from "@moorage/kube-types/apps-v1";
import { describe, expect, it } from "vitest";
import { newReplicaSetSize, oldReplicaSetSizes, proportionalSizes } from "./roll-out.ts";

/** A ReplicaSet of the given size, of which `available` pods are available; `age` orders them. */
const set = (name: string, replicas: number, available = replicas, pods = replicas): ReplicaSet => ({
  apiVersion: "apps/v1",
  kind: "ReplicaSet",
  metadata: { name, namespace: "default", creationTimestamp: `2026-01-01T00:00:0${name.length}Z` },
  spec: { replicas, selector: {} },
  status: { replicas: pods, availableReplicas: available },
});
const limits = (replicas: number, maxSurge: number, maxUnavailable: number) => ({ replicas, maxSurge, maxUnavailable });

describe("newReplicaSetSize()", () => {
  it.each([
    ["starts with the surge", set("new", 0), [set("old", 10)], limits(10, 3, 2), 3],
    ["grows as old pods go", set("new", 3), [set("old", 7)], limits(10, 3, 2), 6],
    ["waits for old pods that are still there", set("new", 3), [set("old", 7, 7, 10)], limits(10, 3, 2), 3],
    ["never exceeds what is wanted", set("new", 9), [], limits(10, 3, 2), 10],
    ["shrinks to what is wanted", set("new", 12), [], limits(10, 3, 2), 10],
    ["has no room", set("new", 2), [set("old", 9)], limits(10, 0, 2), 2],
  ])("%s", (...[, newSet, old, given, expected]) => {
    expect(newReplicaSetSize(newSet, [...old, newSet], given)).toBe(expected);
  });
});

describe("oldReplicaSetSizes()", () => {
  it.each([
    ["takes what may be unavailable", set("new", 3, 0), [set("old", 10)], limits(10, 3, 2), { old: 8 }],
    ["takes more as new pods are available", set("new", 5, 5), [set("old", 8)], limits(10, 3, 2), { old: 3 }],
    [
      "takes pods that are not available first",
      set("new", 1, 0),
      [set("o", 4, 0), set("old", 8, 8)],
      limits(10, 3, 2),
      { o: 0 },
    ],
    ["takes nothing while new pods do not come up", set("new", 5, 0), [set("old", 8, 8)], limits(10, 3, 2), {}],
  ])("%s", (...[, newSet, old, given, expected]) => {
    expect(Object.fromEntries(oldReplicaSetSizes(newSet, old, given))).toEqual(expected);
  });
});

describe("proportionalSizes()", () => {
  it.each([
    ["up, by their shares", [set("new", 5), set("old", 5)], limits(20, 0, 1), { new: 10, old: 10 }],
    ["down, by their shares", [set("new", 8), set("old", 2)], limits(5, 0, 1), { new: 4, old: 1 }],
    ["with the surge", [set("new", 3), set("old", 10)], limits(15, 3, 2), { new: 4, old: 14 }],
    ["not at all when the size is right", [set("new", 5), set("old", 5)], limits(10, 0, 1), {}],
    ["to nothing", [set("new", 2), set("old", 2)], limits(0, 1, 1), { new: 0, old: 0 }],
  ])("scales %s", (_why, active, given, expected) => {
    expect(Object.fromEntries(proportionalSizes(active, given))).toEqual(expected);
  });

  it("always reaches the allowed total", () => {
    for (let replicas = 1; replicas < 40; replicas++) {
      const active = [set("a", 3), set("bb", 7), set("ccc", 1)];
      const sizes = proportionalSizes(active, limits(replicas, 2, 0));
      const total = active.reduce(
        (sum, { metadata, spec }) => sum + (sizes.get(metadata.name) ?? spec.replicas ?? 0),
        0,
      );
      expect(total).toBe(replicas + 2);
    }
  });
});
