import { describe, expect, it } from "vitest";
import { SizeV2, sizes, spokeV1, spokeV3 } from "../testing/sizes.ts";
import { type Conversion, checkConversions } from "./conversion.ts";

const app = { group: "try.dev", version: "v1", kind: "App", plural: "apps", namespaced: true };

describe("checkConversions()", () => {
  it("takes a hub with spokes", () => {
    expect(() => checkConversions([sizes])).not.toThrow();
  });

  it.each<[string, Conversion[], string]>([
    ["two of a kind", [sizes, sizes], 'Size "sizes.try.dev": it has two conversions; put all versions into one'],
    ["a hub alone", [{ hub: SizeV2, spokes: [] }], 'it has no version besides the hub "v2"; give a spoke for each'],
    ["a version twice", [{ hub: SizeV2, spokes: [spokeV1, spokeV3, spokeV1] }], 'version "v1" is given twice'],
    ["the hub as a spoke", [{ hub: SizeV2, spokes: [{ ...spokeV1, for: SizeV2 }] }], 'version "v2" is given twice'],
    ["another kind", [{ hub: SizeV2, spokes: [{ ...spokeV1, for: app }] }], 'spoke "v1" is of App "apps.try.dev"'],
  ])("refuses %s", (_what, conversions, message) => {
    expect(() => checkConversions(conversions)).toThrow(message);
  });
});
