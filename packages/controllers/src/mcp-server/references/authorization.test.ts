import { describe, expect, it } from "vitest";
import { stacklokServer } from "../../testing/mcp-server-fixtures.ts";
import { authorizationOf } from "./authorization.ts";

const everyone = "permit(principal, action, resource);";
const inline = (policies: string[], entitiesJson?: string) =>
  stacklokServer({ authzConfig: { type: "inline", inline: { policies, ...(entitiesJson && { entitiesJson }) } } });
const inConfigMap = stacklokServer({
  authzConfig: { type: "configMap", configMap: { name: "authz", key: "policies.cedar" } },
});

describe("authorizationOf()", () => {
  it("takes policies from the spec, and those that an unselected member holds not at all", async () => {
    expect(await authorizationOf(inline([everyone]), "forbid(principal, action, resource);")).toEqual({
      authz: { policies: [everyone] },
    });
  });

  it("takes policies from a ConfigMap", async () => {
    expect(await authorizationOf(inConfigMap, everyone)).toEqual({ authz: { policies: [everyone] } });
  });

  it("says what is wrong with a policy, before any proxy sees it", async () => {
    expect(await authorizationOf(inline(["permit(principal, action)"]), undefined)).toMatchObject({
      problem: {
        reason: "AuthzConfigInvalid",
        message: expect.stringMatching(/^spec\.authzConfig\.inline is no set of Cedar/),
      },
    });
  });

  it.each(["{", "{}"])("refuses %j as entities", async (entities) => {
    expect(await authorizationOf(inline([everyone], entities), undefined)).toMatchObject({
      problem: { message: expect.stringContaining("spec.authzConfig.inline.entitiesJson") },
    });
  });
});
