import type { KubeObject } from "@moorage/kube-types";
import { describe, expect, it } from "vitest";
import { deepFreeze } from "../json.ts";
import { type SizeV1, SizeV2, type SizeV3, sizes, sizeV1, spokeV1 } from "../testing/sizes.ts";
import type { Conversion } from "./conversion.ts";
import { convertObject } from "./convert-object.ts";

const metadata = { name: "a", namespace: "default", uid: "1", labels: { team: "sky" } };
const v1: SizeV1 = deepFreeze({ apiVersion: "try.dev/v1", kind: "Size", metadata, spec: { size: "2x3" } });
const v2: SizeV2 = deepFreeze({ apiVersion: "try.dev/v2", kind: "Size", metadata, spec: { width: 2, height: 3 } });
const v3: SizeV3 = { ...v2, apiVersion: "try.dev/v3", spec: { width: 2, height: 3, unit: "cm" } };
const inAnnotation: SizeV2 = { ...v2, metadata: { ...metadata, annotations: { "try.dev/unit": "cm" } } };

/** A conversion whose way to the hub gives this. */
const gives = (toHub: (object: SizeV1) => unknown): Conversion =>
  ({ hub: SizeV2, spokes: [{ ...spokeV1, toHub }] }) as Conversion;

describe("convertObject()", () => {
  it.each<[string, KubeObject, KubeObject]>([
    ["spoke → hub", v1, v2],
    ["hub → spoke", v2, v1],
    ["hub → spoke, with what an annotation keeps", inAnnotation, { ...v3, metadata: { ...metadata, annotations: {} } }],
    ["spoke → hub → spoke", v3, { ...v1, metadata: inAnnotation.metadata }],
    ["the same version: the same", v1, v1],
  ])("converts %s", (_way, from, to) => {
    expect(convertObject(sizes, from, to.apiVersion)).toEqual(to);
  });

  it("hands out a copy: what a converter changes in it changes nothing else", () => {
    const changing = gives((object) => {
      object.metadata.labels = { changed: "yes" };
      return object;
    });
    expect(convertObject(changing, v1, "try.dev/v2")).toMatchObject({ metadata: { labels: { changed: "yes" } } });
    expect(v1.metadata.labels).toEqual({ team: "sky" });
  });

  it("takes what is returned without apiVersion", () => {
    const { apiVersion: _, ...rest } = v2;
    expect(
      convertObject(
        gives(() => rest),
        v1,
        "try.dev/v2",
      ),
    ).toEqual(v2);
  });

  it.each<[string, unknown, string]>([
    ["nothing", undefined, "no object with metadata"],
    ["a promise", Promise.resolve(v2), "no object with metadata"],
    ["another kind", { ...v2, kind: "Other" }, 'kind "Other"; it must stay "Size"'],
    ["another group", { ...v2, apiVersion: "b.dev/v2" }, 'apiVersion "b.dev/v2"; leave it "try.dev/v1" or make it'],
    ["another name", { ...v2, metadata: { ...metadata, name: "b" } }, "another metadata.name; only labels and"],
    ["no uid", { ...v2, metadata: { name: "a", namespace: "default" } }, "another metadata.uid;"],
    ["a finalizer", { ...v2, metadata: { ...metadata, finalizers: ["x"] } }, "another metadata.finalizers;"],
  ])("fails for a converter that returns %s", (_what, returned, why) => {
    const start = 'Cannot convert Size "default/a" from v1 to v2: the converter to v2 returned ';
    expect(() =>
      convertObject(
        gives(() => returned),
        v1,
        "try.dev/v2",
      ),
    ).toThrow(start + why);
  });

  it("fails with what a converter throws, Error or not, as its reason and cause", () => {
    expect(() => convertObject(sizes, sizeV1("b", "wide"), "try.dev/v3")).toThrow(
      'Cannot convert Size "default/b" from v1 to v3: spec.size: "wide" is not WIDTHxHEIGHT, such as "2x3"',
    );
    const broken = gives(() => {
      throw "no";
    });
    expect(() => convertObject(broken, v1, "try.dev/v2")).toThrow(/from v1 to v2: no$/);
  });

  it.each<[KubeObject, string, RegExp]>([
    [v1, "try.dev/v9", /from v1 to v9: "try.dev\/v9" is not one of try.dev\/v2, try.dev\/v1, try.dev\/v3/],
    [{ ...v1, apiVersion: "try.dev/v0" }, "try.dev/v2", /"try.dev\/v0" is not one of/],
    [{ ...v1, kind: "Other" }, "try.dev/v2", /Cannot convert Other "default\/a" from v1 to v2: this converts Size/],
  ])("fails for what is none of its versions or kind, case %#", (object, desired, message) => {
    expect(() => convertObject(sizes, object, desired)).toThrow(message);
  });
});
