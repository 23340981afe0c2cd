import { describe, expect, it } from "vitest";
import { controllerReference, findControllerOf, isControlledBy } from "./owner-references.ts";

const owner = { apiVersion: "apps/v1", kind: "Deployment", metadata: { name: "web", uid: "u1" } };
const child = {
  apiVersion: "v1",
  kind: "Pod",
  metadata: { name: "web-1", ownerReferences: [{ ...controllerReference(owner) }] },
};

describe("controllerReference()", () => {
  it("names the owner and makes it the controller", () => {
    expect(controllerReference(owner)).toEqual({
      apiVersion: "apps/v1",
      kind: "Deployment",
      name: "web",
      uid: "u1",
      controller: true,
      blockOwnerDeletion: true,
    });
  });

  it("refuses an owner that is not stored", () => {
    expect(() => controllerReference({ ...owner, metadata: { name: "web" } })).toThrow(/Deployment "web".*no uid/);
  });
});

describe("isControlledBy()", () => {
  it("goes by uid, so that a namesake created later is another owner", () => {
    expect(isControlledBy(child, owner)).toBe(true);
    expect(isControlledBy(child, { ...owner, metadata: { name: "web", uid: "u2" } })).toBe(false);
  });

  it("does not take a mere owner for the controller", () => {
    const owned = {
      ...child,
      metadata: { name: "x", ownerReferences: [{ ...controllerReference(owner), controller: false }] },
    };
    expect(findControllerOf(owned)).toBeUndefined();
    expect(isControlledBy(owned, owner)).toBe(false);
  });
});
