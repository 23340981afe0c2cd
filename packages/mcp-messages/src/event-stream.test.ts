import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { EventAssembler, encodeEvent, type ServerSentEvent } from "./event-stream.ts";

function decode(text: string): ServerSentEvent[] {
  const assembler = new EventAssembler();
  return text.split("\n").flatMap((line) => assembler.push(line) ?? []);
}

describe("encodeEvent()", () => {
  it("writes the fields in the order that readers expect, data last", () => {
    expect(encodeEvent({ event: "message", id: "1", retry: 5, data: "x" })).toBe(
      "event: message\nid: 1\nretry: 5\ndata: x\n\n",
    );
  });

  it("is undone by EventAssembler, whatever the data", () => {
    const line = fc.string().map((text) => text.replaceAll(/[\r\n\0]/g, ""));
    fc.assert(
      fc.property(fc.record({ data: fc.array(line, { minLength: 1 }), id: line }), ({ data, id }) => {
        expect(decode(encodeEvent({ data: data.join("\n"), id }))).toEqual([{ data: data.join("\n"), id }]);
      }),
    );
  });
});

describe("EventAssembler", () => {
  it.each([
    ["a comment", ": keep-alive\n\n", []],
    ["no space after the colon", "data:x\n\n", [{ data: "x" }]],
    ["a field without colon", "data\n\n", [{ data: "" }]],
    ["an unknown field", "foo: 1\ndata: x\n\n", [{ data: "x" }]],
    ["an id alone", "id: 4\n\n", [{ id: "4", data: "" }]],
    ["an unfinished event", "data: x\n", []],
    ["a retry that is no number", "retry: soon\ndata: x\n\n", [{ data: "x" }]],
  ])("reads %s", (_, text, expected) => {
    expect(decode(text.slice(0, text.endsWith("\n\n") ? undefined : -1))).toEqual(expected);
  });
});
