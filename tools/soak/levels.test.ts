import { expect, it } from "vitest";
import { levelsOf, medianOf } from "./levels.ts";

it("reads what this process holds", () => {
  const { mebibytes, descriptors } = levelsOf(process.pid);
  expect(mebibytes).toBeGreaterThan(10);
  expect(descriptors).toBeGreaterThan(3);
});

it("takes the median of each level", () => {
  const samples = [1, 900, 2, 3, 2].map((value) => ({ mebibytes: value, descriptors: value + 1, children: 0 }));
  expect(medianOf(samples)).toEqual({ mebibytes: 2, descriptors: 3, children: 0 });
});
