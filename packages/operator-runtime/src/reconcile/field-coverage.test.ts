import { describe, expect, it } from "vitest";
import { ownableFields, ownsFields } from "./field-coverage.ts";

const port = { "f:ports": { 'k:{"port":80,"protocol":"TCP"}': { ".": {}, "f:port": {} } } };

describe("ownsFields()", () => {
  it.each([
    ["a scalar that is owned", { "f:a": {} }, { a: 1 }, true],
    ["a scalar that is not", { "f:b": {} }, { a: 1 }, false],
    ["an atomic map, owned whole", { "f:a": {} }, { a: { x: 1 } }, true],
    ["a granular map with a lost field", { "f:a": { "f:x": {} } }, { a: { x: 1, y: 2 } }, false],
    ["a field that is not given", { "f:a": {} }, { a: 1, b: undefined, c: null }, true],
    ["a keyed item whose defaulted key is not given", port, { ports: [{ port: 80 }] }, true],
    ["a keyed item that is another's now", port, { ports: [{ port: 81 }] }, false],
    ["a map of which only the map itself is left", { "f:ports": { ".": {} } }, { ports: [{ port: 80 }] }, false],
    ["an item of a set", { "f:a": { 'v:"x"': {} } }, { a: ["x"] }, true],
    ["a lost item of a set", { "f:a": { 'v:"x"': {} } }, { a: ["x", "y"] }, false],
    ["nothing owned at all", undefined, { a: 1 }, false],
    ["a value that the server writes its own way", { "f:cpu": {} }, { cpu: "1000m" }, true],
  ])("%s", (_what, fields, desired, expected) => {
    expect(ownsFields(fields, desired)).toBe(expected);
  });
});

describe("ownableFields()", () => {
  it("leaves out what nobody owns", () => {
    const object = {
      apiVersion: "v1",
      kind: "X",
      metadata: { name: "a", namespace: "b", uid: "c", labels: { l: "1" } },
      spec: {},
    };
    expect(ownableFields(object)).toEqual({ metadata: { labels: { l: "1" } }, spec: {} });
  });
});
