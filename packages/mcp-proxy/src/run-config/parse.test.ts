import { describe, expect, it } from "vitest";
import { parseRunConfig } from "./parse.ts";

const valid = {
  name: "default/weather",
  listen: { port: 8080 },
  upstream: { transport: "stdio", command: ["npx", "-y", "server"] },
};
const problemsOf = (config: unknown) => {
  const parsed = parseRunConfig(JSON.stringify(config));
  return parsed.ok ? [] : parsed.problems;
};

describe("parseRunConfig()", () => {
  it.each([
    ["a child process", valid.upstream],
    ["a TCP bridge", { transport: "stdio", host: "weather-headless.default.svc", port: 3000 }],
    ["pods behind a name", { transport: "sse", host: "weather", port: 3000, path: "/sse" }],
    ["a URL", { transport: "streamable-http", url: "https://x/mcp", headersFrom: { Authorization: { file: "/t" } } }],
  ])("accepts %s", (_, upstream) => {
    expect(problemsOf({ ...valid, upstream })).toEqual([]);
  });

  it.each([
    ["an unknown field", { ...valid, lisen: {} }, "lisen: is not a field here: remove it or correct its name"],
    [
      "an unknown nested field",
      { ...valid, limits: { x: 1 } },
      "limits.x: is not a field here: remove it or correct its name",
    ],
    ["a port out of range", { ...valid, listen: { port: 70000 } }, "listen.port: must be <= 65535, but is 70000"],
    ["a missing field", { ...valid, name: undefined }, "name: is missing: add it"],
    ["a missing upstream", { ...valid, upstream: undefined }, "upstream: is missing: add it"],
    ["an upstream that is no object", { ...valid, upstream: 5 }, "upstream: must be an object, but is 5"],
    [
      "an empty command",
      { ...valid, upstream: { transport: "stdio", command: [] } },
      /^upstream\.command: .*but is \[\]$/,
    ],
    [
      "an unknown transport",
      { ...valid, upstream: { transport: "ws", url: "https://x" } },
      /^upstream\.transport: .*but is "ws"$/,
    ],
    [
      "one port twice",
      { ...valid, probes: { port: 8080 } },
      "probes.port: is 8080 like listen.port: choose another port",
    ],
    ["two tools of one name", { ...valid, tools: { override: { a: { name: "b" }, b: {} } } }, /"b" is taken by "a"/],
    ["a list", [], /must be object, but is \[\]/],
  ])("names field, value and fix of %s", (_, config, expected) => {
    expect(problemsOf(config)).toContainEqual(
      typeof expected === "string" ? expected : expect.stringMatching(expected),
    );
  });

  it("says where the text is not JSON", () => {
    expect(parseRunConfig("{")).toEqual({ ok: false, problems: [expect.stringMatching(/^The file is not JSON: /)] });
  });
});
