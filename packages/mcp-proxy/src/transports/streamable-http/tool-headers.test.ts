import { request, resultResponse } from "@moorage/mcp-messages";
import { describe, expect, it } from "vitest";
import { ToolHeaders } from "./tool-headers.ts";

const text = (header: unknown) => ({ type: "string", "x-mcp-header": header });
const call = (args: object) => request(2, "tools/call", { name: "query", arguments: args });

function learned(properties: object): ToolHeaders {
  const headers = new ToolHeaders();
  headers.learn(resultResponse(1, { tools: [{ name: "query", inputSchema: { type: "object", properties } }] }));
  return headers;
}

describe("ToolHeaders", () => {
  it.each([
    ["a string", { region: text("Region") }, { region: "eu west" }, { "mcp-param-region": "eu west" }],
    ["text that no header can hold", { region: text("R") }, { region: "ä" }, { "mcp-param-r": "=?base64?w6Q=?=" }],
    ["a boolean", { dry: { type: "boolean", "x-mcp-header": "Dry" } }, { dry: false }, { "mcp-param-dry": "false" }],
    ["an integer", { n: { type: "integer", "x-mcp-header": "N" } }, { n: 42 }, { "mcp-param-n": "42" }],
    [
      "a nested argument",
      { a: { type: "object", properties: { b: text("B") } } },
      { a: { b: "x" } },
      { "mcp-param-b": "x" },
    ],
    ["an argument that is absent", { region: text("Region") }, {}, {}],
    ["null", { region: text("Region") }, { region: null }, {}],
    ["an argument that is not annotated", { region: { type: "string" } }, { region: "eu" }, {}],
    ["a name that is no token", { region: text("a b") }, { region: "eu" }, {}],
    ["a line break in the name", { region: text("a\r\nX: y") }, { region: "eu" }, {}],
    ["a name used twice", { a: text("X"), b: text("x") }, { a: "1", b: "2" }, {}],
    ["a type that cannot be mirrored", { a: { type: "object", "x-mcp-header": "A" } }, { a: {} }, {}],
    ["an annotation inside a list", { a: { type: "array", items: text("A") } }, { a: ["1"] }, {}],
  ])("mirrors %s as the specification says", (_, properties, args, expected) => {
    expect(learned(properties).of(call(args))).toEqual(expected);
  });

  it("forgets what a newer list does not say", () => {
    const headers = learned({ region: text("Region") });
    headers.learn(resultResponse(3, { tools: [{ name: "query", inputSchema: { type: "object" } }] }));
    expect(headers.of(call({ region: "eu" }))).toEqual({});
  });

  it.each([[{ tools: "x" }], [{ tools: [null, 1, {}, { name: 2 }] }], [{}]])("is not upset by %j", (result) => {
    const headers = new ToolHeaders();
    headers.learn(resultResponse(1, result));
    expect(headers.of(call({}))).toEqual({});
  });
});
