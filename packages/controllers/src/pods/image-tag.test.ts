import { describe, expect, it } from "vitest";
import { pinningOf } from "./image-tag.ts";

describe("pinningOf()", () => {
  it.each([
    ["nginx:1.25", "tag"],
    ["nginx", "untagged"],
    ["nginx:latest", "floating"],
    ["registry:5000/team/app", "untagged"],
    ["registry:5000/team/app:2", "tag"],
    ["app@sha256:0123", "digest"],
    ["app:latest@sha256:0123", "digest"],
  ])("takes %s as %s", (image, pinning) => {
    expect(pinningOf(image)).toBe(pinning);
  });
});
