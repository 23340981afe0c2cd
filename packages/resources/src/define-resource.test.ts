import { Type } from "typebox";
import { describe, expect, it } from "vitest";
import { defineResource, type FurtherVersion, type ResourceDefinition } from "./define-resource.ts";

const definition = {
  group: "try.dev",
  version: "v2",
  kind: "Size",
  plural: "sizes",
  description: "A size.",
  spec: Type.Object({ width: Type.Integer() }),
  status: Type.Object({}),
  columns: [],
} satisfies ResourceDefinition<Type.TObject, Type.TObject>;

const old: FurtherVersion = {
  name: "v1",
  spec: Type.Object({ size: Type.String() }),
  status: Type.Object({ area: Type.Optional(Type.Integer()) }),
  columns: [{ name: "Size", type: "string", jsonPath: ".spec.size" }],
};

const versionsOf = (...versions: FurtherVersion[]) => defineResource({ ...definition, versions }).crd.spec.versions;

describe("defineResource()", () => {
  it("serves further versions, each with its own schema and columns, and stores the main one", () => {
    const [main, further] = versionsOf(old);
    expect([main, further].map((version) => [version?.name, version?.served, version?.storage])).toEqual([
      ["v2", true, true],
      ["v1", true, false],
    ]);
    const fieldsOf = (version: typeof main) => version?.schema?.openAPIV3Schema?.properties?.["spec"]?.properties;
    expect(Object.keys(fieldsOf(main) ?? {})).toEqual(["width"]);
    expect(Object.keys(fieldsOf(further) ?? {})).toEqual(["size"]);
    expect(further?.additionalPrinterColumns?.map(({ name }) => name)).toEqual(["Size", "Age"]);
    expect(further).not.toHaveProperty("deprecated");
  });

  it.each<Pick<FurtherVersion, "deprecated" | "deprecationWarning">>([
    { deprecated: true },
    { deprecated: true, deprecationWarning: "use v2" },
  ])("says that a version is deprecated: %j", (deprecation) => {
    expect(versionsOf({ ...old, ...deprecation })[1]).toMatchObject(deprecation);
  });

  it("refuses a version that is declared twice", () => {
    const twice = 'Cannot define Size "sizes.try.dev": version "v1" is declared twice';
    expect(() => versionsOf(old, old)).toThrow(twice);
    expect(() => versionsOf({ ...old, name: "v2" })).toThrow(/version "v2" is declared twice/);
  });
});
