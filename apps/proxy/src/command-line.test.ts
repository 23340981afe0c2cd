import { parseRunConfig } from "@moorage/mcp-proxy";
import { describe, expect, it } from "vitest";
import { readCommandLine } from "./command-line.ts";

const configOf = (...args: string[]) => {
  const command = readCommandLine(args, {});
  return command.kind === "inline" ? command.config : command;
};

describe("readCommandLine()", () => {
  it("makes a configuration of a command, whose own options stay its own", () => {
    expect(configOf("proxy", "--port", "9000", "--", "npx", "-y", "server", "--port", "1")).toMatchObject({
      name: "server",
      listen: { port: 9000 },
      upstream: { transport: "stdio", command: ["npx", "-y", "server", "--port", "1"] },
    });
  });

  it.each([
    ["a URL", ["--url", "https://mcp.example.com/mcp"], { transport: "streamable-http" }],
    ["a URL of HTTP+SSE", ["--url", "https://mcp.example.com/sse"], { transport: "sse" }],
    ["a URL with a transport", ["--url", "https://x.example.com/", "--transport", "sse"], { transport: "sse" }],
  ])("makes a configuration of %s", (_, args, upstream) => {
    expect(configOf(...args)).toMatchObject({ upstream });
  });

  it.each([
    ["npx -y @scope/server@1.2.3 --port 1", "@scope/server@1.2.3"],
    ["uv tool run mcp-server-git --repository .", "mcp-server-git"],
    ["/usr/bin/python3 -m mcp_server_git", "mcp_server_git"],
    ["/opt/server/bin/weather --units metric", "weather"],
    ["node --version", "node"],
  ])("names the server that %s starts", (line, name) => {
    expect(configOf("--", ...line.split(" "))).toMatchObject({ name });
  });

  it("keeps what may be a secret out of the name of a URL", () => {
    const url = "https://user:secret@mcp.example.com/mcp?key=secret";
    expect(configOf("--url", url)).toMatchObject({ name: "mcp.example.com/mcp", upstream: { url } });
  });

  it("makes configurations that the parser accepts", () => {
    const everything = [
      "--probe-port",
      "0",
      "--tools",
      "a, b",
      "--processes",
      "shared",
      "--allow-origin",
      "*",
      "--name",
      "n",
    ];
    expect(parseRunConfig(JSON.stringify(configOf(...everything, "--", "x"))).ok).toBe(true);
  });

  it("takes address and log level from flags before the environment", () => {
    const environment = { MOORAGE_HOST: "0.0.0.0", MOORAGE_LOG_LEVEL: "debug" };
    expect(readCommandLine(["--config", "f"], environment)).toEqual({
      kind: "file",
      file: "f",
      flags: { host: "0.0.0.0", logLevel: "debug", stdio: false },
    });
    expect(readCommandLine(["--config", "f", "--host", "::1"], environment)).toMatchObject({ flags: { host: "::1" } });
  });

  it.each([
    [["--help"], "help"],
    [["proxy", "-h"], "help"],
    [["--schema"], "schema"],
  ])("understands %j", (args, kind) => {
    expect(readCommandLine(args, {}).kind).toBe(kind);
  });

  it.each([
    ["nothing to serve", [], /Say what to serve/],
    ["two things to serve", ["--config", "f", "--url", "https://x"], /Give only one/],
    [
      "a command without separator",
      ["npx", "server"],
      /Unexpected argument "npx": put the server's command after "--"/,
    ],
    [
      "a port that is none",
      ["--port", "70000", "--", "x"],
      /--port must be a port number from 0 to 65535, but is "70000"/,
    ],
    ["an unknown flag", ["--nope", "--", "x"], /^Unknown option '--nope' \(see --help\)$/],
    ["a flag without its value", ["--port", "--", "x"], /^Option '--port <value>' argument missing \(see --help\)$/],
    ["a file with an option of its own", ["--config", "f", "--tools", "a"], /^--tools does not go with --config/],
    ["a port where none is opened", ["--stdio", "--port", "1", "--", "x"], /^--port does not go with --stdio/],
    ["a transport of a command", ["--transport", "sse", "--", "x"], /^--transport goes with --url only/],
    ["processes of a URL", ["--processes", "shared", "--url", "https://x"], /^--processes goes with a command only/],
    [
      "an origin with a path",
      ["--allow-origin", "https://a.example.com/", "--", "x"],
      /^--allow-origin must be "\*" or an origin such as "https:\/\/a\.example\.com", but is "https:\/\/a\.example\.com\/"$/,
    ],
    ["an origin that is none", ["--allow-origin", "foo", "--", "x"], /such as "https:\/\/example\.com", but is "foo"/],
  ])("says what to do about %s", (_, args, message) => {
    expect(() => readCommandLine(args, {})).toThrow(message);
  });
});
