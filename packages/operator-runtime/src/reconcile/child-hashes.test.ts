import { describe, expect, it } from "vitest";
import { hashOf } from "../json.ts";
import { configMap } from "../testing/operators-in-memory.ts";
import { ChildHashes } from "./child-hashes.ts";

describe("ChildHashes", () => {
  it.each([
    ["the same again", configMap("a", "1")],
    ["a change", configMap("a", "2")],
    ["another order", { data: { text: "1" }, metadata: { name: "a" }, kind: "ConfigMap", apiVersion: "v1" }],
  ])("gives for %s what hashOf() gives", (_what, object) => {
    const hashes = new ChildHashes();
    hashes.of("id", configMap("a", "1"));
    expect(hashes.of("id", object)).toBe(hashOf(object));
  });

  it("tells children apart by their id", () => {
    const hashes = new ChildHashes();
    expect(hashes.of("a", configMap("a", "1"))).not.toBe(hashes.of("b", configMap("b", "1")));
    hashes.forget("a");
    expect(hashes.of("a", configMap("a", "3"))).toBe(hashOf(configMap("a", "3")));
  });
});
