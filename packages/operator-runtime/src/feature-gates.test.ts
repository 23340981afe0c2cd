import { describe, expect, it } from "vitest";
import { FeatureGates } from "./feature-gates.ts";
import { Metrics } from "./metrics.ts";

const features = { Young: { stage: "alpha" }, Grown: { stage: "beta" }, Old: { stage: "stable" } } as const;

describe("FeatureGates", () => {
  it.each([
    ["", [false, true, true]],
    ["Young=true, Grown=false", [true, false, true]],
    ["Old=true", [false, true, true]],
  ])('"%s"', (switches, expected) => {
    const gates = new FeatureGates(features, switches);
    expect([gates.enabled("Young"), gates.enabled("Grown"), gates.enabled("Old")]).toEqual(expected);
  });

  it.each([
    ["None=true", '"None"'],
    ["Young=yes", '"yes"'],
    ["Young", "true or false"],
    ["Old=false", "stable"],
  ])('refuses "%s"', (switches, named) => {
    expect(() => new FeatureGates(features, switches)).toThrow(named);
  });

  it("shows what is on as a metric", async () => {
    const metrics = new Metrics();
    new FeatureGates(features, "Young=true").show(metrics);
    expect(await metrics.registry.getSingleMetricAsString("feature_enabled")).toContain(
      '{name="Young",stage="alpha"} 1',
    );
  });
});
