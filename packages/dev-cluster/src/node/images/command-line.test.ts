import { describe, expect, it } from "vitest";
import { findPackageCall } from "./command-line.ts";

const words = (text: string) => text.split(" ");

describe("findPackageCall()", () => {
  it.each([
    ["npx -y a@1 --flag", { form: "npx", package: { name: "a", version: "1" }, start: 0, end: 3 }],
    ["npx --yes @s/a@1", { form: "npx", package: { name: "@s/a", version: "1" }, start: 0, end: 3 }],
    ["/usr/bin/npx a", { form: "npx", package: { name: "a" }, start: 0, end: 2 }],
    ["npx -y -p a@1 tool x", { form: "npx", package: { name: "a", version: "1" }, command: "tool", start: 0, end: 5 }],
    [
      "npx -y --package=a@1 tool",
      { form: "npx", package: { name: "a", version: "1" }, command: "tool", start: 0, end: 4 },
    ],
    ["npx -y -- a@1", { form: "npx", package: { name: "a", version: "1" }, start: 0, end: 4 }],
    ["uvx a@2 x", { form: "uvx", package: { name: "a", version: "2" }, start: 0, end: 2 }],
    ["uvx --from a==2 tool", { form: "uvx", package: { name: "a", version: "2" }, command: "tool", start: 0, end: 4 }],
    ["uv tool run a", { form: "uvx", package: { name: "a" }, start: 0, end: 4 }],
    [
      "/moorage/bridge/nc -ll -p 3000 -e npx -y a@1 x",
      { form: "npx", package: { name: "a", version: "1" }, start: 5, end: 8 },
    ],
  ])("%s", (text, expected) => {
    expect(findPackageCall(words(text))).toEqual(expected);
  });

  it.each([
    "node server.js",
    "npx",
    "npx -y",
    "npx -p a",
    "echo npx -y a@1",
    "nc -ll -p 3000 npx -y a@1",
    "nc -ll -p 3000 -e node npx a",
    "",
  ])("finds none in %j", (text) => {
    expect(findPackageCall(words(text))).toBeUndefined();
  });
});
