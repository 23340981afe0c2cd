import type { KubeObject } from "@moorage/kube-types";
import { ConfigMap } from "@moorage/kube-types/core-v1";
import { describe, expect, it } from "vitest";
import { hashOf } from "../json.ts";
import { configMap } from "../testing/operators-in-memory.ts";
import { appliedAnnotation, Child } from "./child.ts";

const desired = configMap("a", "1");
const child = new Child(ConfigMap, desired);
const live = child.toApply();
const said = (annotation: string): KubeObject => ({
  ...live,
  metadata: { ...live.metadata, annotations: { [appliedAnnotation]: annotation } },
});

describe("a child", () => {
  it.each([
    ["what it is itself", desired],
    [
      "the same in another order",
      { data: { text: "1" }, metadata: { name: "a" }, kind: "ConfigMap", apiVersion: "v1" },
    ],
  ])("is applied to an object that says that it is %s", (_what, again) => {
    expect(new Child(ConfigMap, again).isAppliedTo(live)).toBe(true);
  });

  it("is applied to an object that gives the hash alone", () => {
    expect(child.isAppliedTo(said(hashOf(desired)))).toBe(true);
  });

  it.each([
    ["another child", new Child(ConfigMap, configMap("a", "2")).toApply()],
    ["something else", said("something else")],
    ["nothing", desired],
  ])("is not applied to an object that says that it is %s", (_what, other) => {
    expect(child.isAppliedTo(other)).toBe(false);
  });

  it("keeps the annotations that it has", () => {
    const noted = new Child(ConfigMap, { ...desired, metadata: { name: "a", annotations: { note: "n" } } });
    expect(noted.toApply().metadata.annotations).toMatchObject({ note: "n" });
    expect(noted.toApply().metadata.annotations?.[appliedAnnotation]).toMatch(/^[\w-]{22}\.[\w-]{22}$/);
  });
});
