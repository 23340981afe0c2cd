import { describe, expect, it } from "vitest";
import { lostLists, takeOver } from "./list-ownership.ts";

const desired = { spec: { selector: { app: "a" }, ports: [{ port: 80 }] } };
const item = (port: number) => ({ [`k:{"port":${port},"protocol":"TCP"}`]: { ".": {}, "f:port": {} } });
const ours = (fieldsV1: unknown) => ({ manager: "me", operation: "Apply", fieldsV1 });
const path = ["f:spec", "f:ports"];

describe("lostLists()", () => {
  it.each([
    ["nothing when every item is owned", { "f:spec": { "f:selector": {}, "f:ports": item(80) } }, []],
    ["the list when an item is another's", { "f:spec": { "f:selector": {}, "f:ports": item(443) } }, [path]],
    ["the list when nothing of it is left", { "f:spec": { "f:selector": {} } }, [path]],
  ])("gives %s", (_what, fields, expected) => {
    expect(lostLists(fields, desired)).toEqual(expected);
  });
});

describe("takeOver()", () => {
  it("moves what others own of the list to us, and nothing else", () => {
    const theirs = {
      manager: "kubectl-edit",
      operation: "Update",
      fieldsV1: { "f:spec": { "f:ports": item(81), "f:type": {} } },
    };
    const status = {
      manager: "node",
      operation: "Update",
      subresource: "status",
      fieldsV1: { "f:spec": { "f:ports": item(82) } },
    };
    expect(takeOver([ours({ "f:spec": { "f:selector": {} } }), theirs, status], "me", [path])).toEqual([
      ours({ "f:spec": { "f:selector": {}, "f:ports": item(81) } }),
      { ...theirs, fieldsV1: { "f:spec": { "f:type": {} } } },
      status,
    ]);
  });

  it("drops an entry that has nothing left, and merges with what we own", () => {
    const theirs = { manager: "x", operation: "Update", fieldsV1: { "f:spec": { "f:ports": item(81) } } };
    expect(takeOver([ours({ "f:spec": { "f:ports": item(80) } }), theirs], "me", [path])).toEqual([
      ours({ "f:spec": { "f:ports": { ...item(80), ...item(81) } } }),
    ]);
  });

  it.each([
    ["nobody else owns anything there", [ours({})]],
    ["we own nothing at all", [{ manager: "x", operation: "Update", fieldsV1: { "f:spec": { "f:ports": item(81) } } }]],
  ])("gives undefined when %s", (_what, entries) => {
    expect(takeOver(entries, "me", [path])).toBeUndefined();
  });
});
