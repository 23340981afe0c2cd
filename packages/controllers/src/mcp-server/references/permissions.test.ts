import { describe, expect, it } from "vitest";
import { stacklokServer } from "../../testing/mcp-server-fixtures.ts";
import { permissionsOf } from "./permissions.ts";

const builtin = (name: string) => stacklokServer({ permissionProfile: { type: "builtin", name } });
const inConfigMap = stacklokServer({ permissionProfile: { type: "configMap", name: "profile" } });
const outbound = (rules: object) => permissionsOf(inConfigMap, JSON.stringify({ network: { outbound: rules } }));

describe("permissionsOf()", () => {
  it("leaves a server without a profile to the cluster", () => {
    expect(permissionsOf(stacklokServer(), undefined)).toEqual({});
  });

  it("knows the builtin profiles", () => {
    expect(permissionsOf(builtin("none"), undefined)).toEqual({ egress: [] });
    expect(permissionsOf(builtin("network"), undefined)).toEqual({ egress: [{}] });
  });

  it.each<[object, object]>([
    [{ insecure_allow_all: true }, { egress: [{}] }],
    [{}, { egress: [] }],
    [
      { allow_host: ["10.0.0.0/8", "192.0.2.1", "2001:db8::1"], allow_port: [443] },
      {
        egress: [
          {
            to: [
              { ipBlock: { cidr: "10.0.0.0/8" } },
              { ipBlock: { cidr: "192.0.2.1/32" } },
              { ipBlock: { cidr: "2001:db8::1/128" } },
            ],
            ports: [{ port: 443, protocol: "TCP" }],
          },
        ],
      },
    ],
    [{ allow_port: [53] }, { egress: [{ ports: [{ port: 53, protocol: "TCP" }] }] }],
  ])("turns %j into rules", (rules, expected) => {
    expect(outbound(rules)).toEqual(expected);
  });

  it.each<[string, ReturnType<typeof permissionsOf>, RegExp]>([
    [
      "a host name, which no NetworkPolicy knows",
      outbound({ allow_host: ["api.example.com"] }),
      /"api\.example\.com".*CIDR/,
    ],
    ["a mask that is too long", outbound({ allow_host: ["10.0.0.0/33"] }), /"10\.0\.0\.0\/33"/],
    ["a port out of range", outbound({ allow_port: [70000] }), /70000.*65535/],
    ["what is no JSON", permissionsOf(inConfigMap, "{"), /not a JSON object/],
    ["a profile without rules", permissionsOf(inConfigMap, "{}"), /not a JSON object with network\.outbound/],
  ])("refuses %s", (_, result, message) => {
    expect(result).toMatchObject({
      problem: { reason: "PermissionProfileInvalid", message: expect.stringMatching(message) },
    });
  });
});
