import type { KubeObject } from "@moorage/kube-types";
import { describe, expect, it } from "vitest";
import { keepMetadata, ManagedFieldsStrip } from "./strip.ts";

function withFields(name: string, field: string): KubeObject {
  const fieldsV1 = { "f:spec": { [field]: {} } };
  const managedFields = ["moorage/a", "kubectl"].map((manager) => ({ manager, operation: "Apply" as const, fieldsV1 }));
  return { apiVersion: "v1", kind: "ConfigMap", metadata: { name, managedFields: structuredClone(managedFields) } };
}

describe("ManagedFieldsStrip", () => {
  it("keeps our entries only, and equal fields of many objects once", () => {
    const strip = new ManagedFieldsStrip("moorage/");
    const [one, two, other] = [withFields("one", "f:a"), withFields("two", "f:a"), withFields("other", "f:b")];
    for (const object of [one, two, other]) strip.apply(object);
    expect(one.metadata.managedFields?.map(({ manager }) => manager)).toEqual(["moorage/a"]);
    const fieldsOf = ({ metadata }: KubeObject) => metadata.managedFields?.[0]?.fieldsV1;
    expect(fieldsOf(two)).toBe(fieldsOf(one));
    expect(fieldsOf(other)).toEqual({ "f:spec": { "f:b": {} } });
    expect(Object.isFrozen(fieldsOf(one))).toBe(true);
  });

  it("leaves nothing where nothing is ours", () => {
    const object = withFields("one", "f:a");
    new ManagedFieldsStrip("somebody/").apply(object);
    expect(object.metadata).toEqual({ name: "one" });
  });
});

describe("keepMetadata()", () => {
  it("drops all but what every object has", () => {
    const object = { ...withFields("one", "f:a"), data: { a: "1" } };
    keepMetadata(object);
    expect(Object.keys(object)).toEqual(["apiVersion", "kind", "metadata"]);
  });
});
