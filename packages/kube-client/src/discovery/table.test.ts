import { describe, expect, it } from "vitest";
import { readTable } from "./table.ts";

describe("readTable()", () => {
  it("takes columns, cells and names", () => {
    const table = readTable(
      {
        kind: "Table",
        metadata: { resourceVersion: "7" },
        columnDefinitions: [{ name: "Name" }, { name: "Node", priority: 1 }],
        rows: [{ cells: ["a", null], object: { metadata: { name: "a", namespace: "n" } } }],
      },
      "list pods",
    );
    expect(table).toEqual({
      columns: [
        { name: "Name", priority: 0 },
        { name: "Node", priority: 1 },
      ],
      rows: [{ cells: ["a", null], name: "a", namespace: "n" }],
      resourceVersion: "7",
    });
  });

  it("refuses anything else", () => {
    expect(() => readTable({ kind: "PodList" }, "list pods")).toThrow("table");
  });
});
