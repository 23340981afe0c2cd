import { describe, expect, it } from "vitest";
import { checkOrigin } from "./origin.ts";

const local = { allowedOrigins: ["https://app.example.com"], allowedHosts: [] };
const codeOf = (headers: Record<string, string>, rules: Parameters<typeof checkOrigin>[1] = local) => {
  try {
    checkOrigin(headers, rules);
    return "allowed";
  } catch (error) {
    return error instanceof Error && "code" in error ? error.code : error;
  }
};

describe("checkOrigin()", () => {
  it.each([
    ["no origin", { host: "localhost:8080" }, "allowed"],
    ["a loopback origin", { host: "127.0.0.1:8080", origin: "http://localhost:3000" }, "allowed"],
    ["a loopback origin in IPv6", { host: "[::1]:8080", origin: "http://[::1]:3000" }, "allowed"],
    ["an allowed origin", { host: "localhost", origin: "https://app.example.com" }, "allowed"],
    ["another origin", { host: "localhost", origin: "http://evil.example.com" }, "OriginForbidden"],
    ["an allowed origin's subdomain", { host: "localhost", origin: "https://x.app.example.com" }, "OriginForbidden"],
    ["an opaque origin", { host: "localhost", origin: "null" }, "OriginForbidden"],
    ["a name that begins like loopback", { host: "localhost", origin: "http://127.0.0.1.evil.com" }, "OriginForbidden"],
    ["another host", { host: "evil.example.com" }, "HostForbidden"],
    ["no host", {}, "HostForbidden"],
    ["a malformed host", { host: "a b" }, "HostForbidden"],
  ])("decides on %s", (_, headers: Record<string, string>, expected) => {
    expect(codeOf(headers)).toBe(expected);
  });

  it("accepts every host in a pod, and every origin where that was asked for", () => {
    const rules = { allowedOrigins: ["*"], allowedHosts: undefined };
    expect(codeOf({ host: "weather.default.svc", origin: "https://x.example" }, rules)).toBe("allowed");
  });
});
