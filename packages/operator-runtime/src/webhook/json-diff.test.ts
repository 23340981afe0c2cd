import { describe, expect, it } from "vitest";
import { jsonDiff } from "./json-diff.ts";

describe("jsonDiff()", () => {
  it.each([
    ["nothing", { a: 1 }, { a: 1 }, []],
    ["an added field", {}, { a: { b: 1 } }, [{ op: "add", path: "/a", value: { b: 1 } }]],
    ["a removed field", { a: 1 }, {}, [{ op: "remove", path: "/a" }]],
    ["a deep change", { a: { b: 1, c: 2 } }, { a: { b: 3, c: 2 } }, [{ op: "replace", path: "/a/b", value: 3 }]],
    ["a list, whole", { a: [1, 2] }, { a: [1] }, [{ op: "replace", path: "/a", value: [1] }]],
    ["names that need escapes", {}, { "a/b~c": 1 }, [{ op: "add", path: "/a~1b~0c", value: 1 }]],
  ])("%s", (_what, before, after, expected) => {
    expect(jsonDiff(before, after)).toEqual(expected);
  });
});
