import { describe, expect, it } from "vitest";
import { compareVersions } from "./discovery.ts";

describe("compareVersions()", () => {
  it("orders by stability, then newest first, then the rest by name", () => {
    const versions = ["foo1", "v1alpha1", "v1", "v11beta2", "v10", "v3beta1", "bar", "v2"];
    expect(versions.sort(compareVersions)).toEqual([
      "v10",
      "v2",
      "v1",
      "v11beta2",
      "v3beta1",
      "v1alpha1",
      "bar",
      "foo1",
    ]);
  });
});
