import fc from "fast-check";
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

  it("never lets a foreign name pass, however it is dressed, and survives any text", () => {
    const dress = fc.constantFrom(
      "",
      "localhost",
      "127.0.0.1",
      "[::1]",
      "http://localhost",
      "@",
      ".",
      ":80",
      "/",
      "#",
      "%",
    );
    const foreign = fc.tuple(
      dress,
      dress,
      fc.constantFrom("evil.example.com", "127.0.0.1.nip.io", "localhost.evil.com"),
    );
    fc.assert(
      fc.property(foreign, fc.constantFrom("", ":8080", ":0"), ([a, b, name], port) => {
        // What a browser sends: a scheme where it is an origin, a host and a port.
        expect(codeOf({ host: "localhost", origin: `http://${name}${port}` })).toBe("OriginForbidden");
        expect(codeOf({ host: `${name}${port}` })).toBe("HostForbidden");
        expect(codeOf({ host: `${a}${b}`, origin: `${a}${b}${name}` })).toMatch(/^(Origin|Host)Forbidden$/);
      }),
    );
    fc.assert(
      fc.property(fc.string(), fc.string(), (host, origin) => {
        expect(codeOf({ host, origin })).toMatch(/^(allowed|OriginForbidden|HostForbidden)$/);
      }),
    );
  });
});
