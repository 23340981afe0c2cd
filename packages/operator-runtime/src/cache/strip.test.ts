import type { KubeObject } from "@moorage/kube-types";
import { describe, expect, it } from "vitest";
import { keepMetadata, keepOwnFields } from "./strip.ts";

function withFields(name: string, field: string): KubeObject {
  const fieldsV1 = { "f:spec": { [field]: {} } };
  const managedFields = ["moorage/a", "kubectl"].map((manager) => ({ manager, operation: "Apply" as const, fieldsV1 }));
  return { apiVersion: "v1", kind: "ConfigMap", metadata: { name, managedFields: structuredClone(managedFields) } };
}

describe("keepOwnFields()", () => {
  it("keeps our entries only", () => {
    const object = withFields("one", "f:a");
    keepOwnFields(object, "moorage/");
    expect(object.metadata.managedFields).toEqual([
      { manager: "moorage/a", operation: "Apply", fieldsV1: { "f:spec": { "f:a": {} } } },
    ]);
  });

  it("leaves nothing where nothing is ours", () => {
    const object = withFields("one", "f:a");
    keepOwnFields(object, "somebody/");
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
