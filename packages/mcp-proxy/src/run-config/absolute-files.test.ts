import { describe, expect, it } from "vitest";
import { withAbsoluteFiles } from "./absolute-files.ts";
import type { RunConfig } from "./schema.ts";

const minimal: RunConfig = {
  name: "t",
  listen: { port: 0 },
  upstream: { transport: "streamable-http", url: "https://server.example.com/mcp" },
};

describe("withAbsoluteFiles()", () => {
  it.each<[string, Partial<RunConfig>]>([
    ["the certificate", { listen: { port: 0, tls: { certFile: "cert", keyFile: "keys" } } }],
    ["session keys", { sessions: { keyFile: "keys" } }],
    ["an absolute path as it is", { sessions: { keyFile: "/etc/proxy/keys" } }],
    ["credentials of the provider", { oidc: { issuer: "https://i", audience: "a", clientSecretFile: "keys" } }],
    ["an audit log", { audit: { file: "keys" } }],
    ["headers for a collector", { telemetry: { otlpEndpoint: "http://c", headersFrom: { k: { file: "keys" } } } }],
    [
      "headers for the server",
      { upstream: { transport: "sse", url: "http://s", headersFrom: { authorization: { file: "keys" } } } },
    ],
  ])("finds %s beside the configuration", (_, section) => {
    const text = JSON.stringify(withAbsoluteFiles({ ...minimal, ...section }, "/etc/proxy"));
    expect(text).toContain('"/etc/proxy/keys"');
  });

  it("leaves a configuration without files as it is", () => {
    expect(withAbsoluteFiles(minimal, "/etc/proxy")).toEqual(minimal);
  });
});
