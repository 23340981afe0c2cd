import { describe, expect, it } from "vitest";
import { parseBridgeArguments } from "./arguments.ts";

const parse = (text: string) => parseBridgeArguments(text === "" ? [] : text.split(" "));

describe("parseBridgeArguments()", () => {
  it("takes the words after -e as the program, options included", () => {
    expect(parse("-ll -p 3000 -e node server.js -p 1 -e")).toEqual({
      port: 3000,
      command: ["node", "server.js", "-p", "1", "-e"],
    });
  });

  it.each([
    ["", "no program to serve"],
    ["-ll -p 3000", "no program to serve"],
    ["-ll -p 3000 -e", "-e needs a program"],
    ["-ll -e node", "it is missing"],
    ["-ll -p 70000 -e node", '"70000"'],
    ["-ll -p x -e node", "-p needs a port"],
    ["-u -p 1 -e node", 'unknown argument "-u"'],
  ])("refuses %j", (text, why) => {
    expect(parse(text)).toContain(why);
  });
});
