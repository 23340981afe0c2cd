import fc from "fast-check";
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
      'upstream.transport: must be "sse" or "streamable-http", but is "ws"',
    ],
    [
      "an unknown choice",
      { ...valid, sessions: { processPolicy: "one" } },
      'sessions.processPolicy: must be "perSession", "perPrincipal", "shared" or "perRequest", but is "one"',
    ],
    [
      "a URL that is none",
      { ...valid, upstream: { transport: "sse", url: "mcp.example.com" } },
      'upstream.url: must be a URL that begins with http:// or https://, but is "mcp.example.com"',
    ],
    [
      "a command for an HTTP server",
      { ...valid, upstream: { transport: "sse", url: "https://x", command: ["x"] } },
      "upstream.command: is not a field here: remove it or correct its name",
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

  it("survives any text and any JSON, and says what is wrong", () => {
    const text = fc.oneof(
      fc.string(),
      fc.json(),
      fc.constant(JSON.stringify(valid)).map((json) => json.slice(0, -1)),
    );
    fc.assert(
      fc.property(text, (any) => {
        const parsed = parseRunConfig(any);
        expect(parsed.ok ? [] : parsed.problems.filter((problem) => problem.length > 5)).toHaveLength(
          parsed.ok ? 0 : parsed.problems.length,
        );
        expect(parsed.ok).toBe(false);
      }),
    );
  });

  it("names the field at fault wherever in a valid configuration a value is replaced", () => {
    const full = {
      ...valid,
      probes: { port: 9000 },
      sessions: { maximum: 5, processPolicy: "shared" },
      limits: { inFlight: 5 },
      oidc: { issuer: "https://i", audience: "a" },
      allowedOrigins: ["https://a"],
    };
    const paths = [
      "name",
      "listen",
      "listen.port",
      "probes.port",
      "sessions.maximum",
      "limits.inFlight",
      "oidc.issuer",
    ];
    fc.assert(
      fc.property(
        fc.constantFrom(...paths),
        fc.oneof(fc.constant(null), fc.boolean(), fc.constant([])),
        (path, wrong) => {
          const problems = problemsOf(replaced(full, path.split("."), wrong));
          expect(problems.some((problem) => problem.startsWith(path))).toBe(true);
        },
      ),
    );
  });
});

function replaced(value: unknown, [key = "", ...rest]: readonly string[], by: unknown): unknown {
  if (typeof value !== "object" || value === null) return by;
  const inner = Object.entries(value).find(([name]) => name === key)?.[1];
  return { ...value, [key]: rest.length > 0 ? replaced(inner, rest, by) : by };
}
