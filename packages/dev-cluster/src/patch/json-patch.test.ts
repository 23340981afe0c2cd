import { describe, expect, it } from "vitest";
import { applyJsonPatch, PatchError } from "./json-patch.ts";

describe("applyJsonPatch()", () => {
  it.each([
    ["adds a field", { a: 1 }, [{ op: "add", path: "/b", value: 2 }], { a: 1, b: 2 }],
    ["inserts into a list", { l: [1, 3] }, [{ op: "add", path: "/l/1", value: 2 }], { l: [1, 2, 3] }],
    ["appends to a list", { l: [1] }, [{ op: "add", path: "/l/-", value: 2 }], { l: [1, 2] }],
    ["removes", { a: 1, b: 2 }, [{ op: "remove", path: "/a" }], { b: 2 }],
    ["replaces", { a: 1 }, [{ op: "replace", path: "/a", value: [] }], { a: [] }],
    ["replaces what is not there, as the real server does", {}, [{ op: "replace", path: "/a", value: 1 }], { a: 1 }],
    ["moves", { a: 1 }, [{ op: "move", from: "/a", path: "/b" }], { b: 1 }],
    ["copies", { a: { x: 1 } }, [{ op: "copy", from: "/a", path: "/b" }], { a: { x: 1 }, b: { x: 1 } }],
    [
      "understands escapes",
      { "a/b": 1, "c~d": 2 },
      [
        { op: "remove", path: "/a~1b" },
        { op: "remove", path: "/c~0d" },
      ],
      {},
    ],
    ["tests", { a: { b: [1] } }, [{ op: "test", path: "/a/b", value: [1] }], { a: { b: [1] } }],
  ])("%s", (_reason, document, patch, expected) => {
    expect(applyJsonPatch(document, patch)).toEqual(expected);
  });

  it.each([
    ["a failed test", [{ op: "test", path: "/a", value: 2 }], 422],
    ["a path that does not exist", [{ op: "replace", path: "/x/y", value: 2 }], 422],
    ["a path into a number", [{ op: "replace", path: "/a/y", value: 2 }], 422],
    ["a removal of nothing", [{ op: "remove", path: "/x" }], 422],
    ["an index beyond the end", [{ op: "add", path: "/l/5", value: 2 }], 422],
    ["an unknown operation", [{ op: "frob", path: "/a" }], 422],
    ["no list", { op: "add" }, 400],
    ["an operation without a path", [{ op: "add" }], 422],
  ])("refuses %s", (_reason, patch, code) => {
    const refusal = (() => {
      try {
        applyJsonPatch({ a: 1, l: [] }, patch);
      } catch (error) {
        return error;
      }
      return undefined;
    })();
    expect(refusal).toBeInstanceOf(PatchError);
    const { malformed, message } = refusal instanceof PatchError ? refusal : { malformed: undefined, message: "" };
    expect(malformed?.(message).code ?? 422).toBe(code);
  });
});
