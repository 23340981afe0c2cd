import { describe, expect, it } from "vitest";
import { Client } from "../client.ts";
import { failure, scriptedServer } from "../testing/scripted-server.ts";
import { Discovery } from "./discovery.ts";

const resource = (resource: string, kind: string, extra: Record<string, unknown> = {}) => ({
  resource,
  responseKind: { kind },
  scope: "Namespaced",
  singularResource: kind.toLowerCase(),
  verbs: ["list"],
  ...extra,
});
const group = (name: string, versions: Record<string, unknown[]>) => ({
  metadata: { name },
  versions: Object.entries(versions).map(([version, resources]) => ({ version, resources })),
});
const aggregated = (...items: unknown[]) => ({
  kind: "APIGroupDiscoveryList",
  apiVersion: "apidiscovery.k8s.io/v2",
  items,
});

const core = aggregated(
  group("", {
    v1: [
      resource("pods", "Pod", { shortNames: ["po"], categories: ["all"], subresources: [{ subresource: "log" }] }),
      resource("events", "Event"),
    ],
  }),
);
const named = aggregated(
  group("apps", { v1: [resource("deployments", "Deployment", { shortNames: ["deploy"], categories: ["all"] })] }),
  group("events.k8s.io", { v1: [resource("events", "Event")] }),
  group("mcp.mcp.dev", {
    v1: [resource("mcpservers", "MCPServer", { shortNames: ["po"], categories: ["all"] })],
    v1alpha1: [resource("mcpservers", "MCPServer", { categories: ["all"] })],
  }),
);

async function discover(): Promise<Discovery> {
  const server = await scriptedServer(({ path, json }) => json(200, path === "/api" ? core : named));
  const client = new Client(server);
  const discovery = await Discovery.load(client);
  expect(server.requests).toHaveLength(2);
  await client.close();
  return discovery;
}

describe("Discovery", () => {
  it.each([
    ["pods", "/v1/pods"],
    ["Pod", "/v1/pods"],
    ["po", "/v1/pods"],
    ["deploy", "apps/v1/deployments"],
    ["deployments.apps", "apps/v1/deployments"],
    ["deployment.v1.apps", "apps/v1/deployments"],
    ["events", "/v1/events"],
    ["events.events.k8s.io", "events.k8s.io/v1/events"],
    ["mcpserver", "mcp.mcp.dev/v1/mcpservers"],
    ["mcpservers.v1alpha1.mcp.mcp.dev", "mcp.mcp.dev/v1alpha1/mcpservers"],
  ])('resolves "%s" as kubectl does', async (name, expected) => {
    const { type } = (await discover()).resolve(name);
    expect(`${type.group}/${type.version}/${type.plural}`).toBe(expected);
  });

  it("names similar types for one that is not there", async () => {
    const discovery = await discover();
    expect(() => discovery.resolve("deplyments")).toThrow('"deplyments"');
    expect(() => discovery.resolve("deploymentz")).toThrow('"deployments.apps"');
  });

  it("lists a category, one version of each", async () => {
    const members = (await discover()).inCategory("all").map(({ type }) => `${type.plural}.${type.version}`);
    expect(members).toEqual(["pods.v1", "deployments.v1", "mcpservers.v1"]);
  });

  it("asks version by version where the server does not aggregate, and survives a group that is away", async () => {
    const server = await scriptedServer(({ path, json }) => {
      if (path === "/api") json(200, { kind: "APIVersions", versions: ["v1"] });
      else if (path === "/apis") json(200, { groups: [{ name: "gone", versions: [{ version: "v1" }] }] });
      else if (path === "/api/v1") {
        const status = { name: "pods/status", kind: "Pod", namespaced: true };
        json(200, {
          resources: [{ name: "pods", singularName: "pod", kind: "Pod", namespaced: true, verbs: [] }, status],
        });
      } else json(404, failure(404, "NotFound"));
    });
    const client = new Client(server);
    const discovery = await Discovery.load(client);
    expect(discovery.resources).toHaveLength(1);
    expect(discovery.resolve("pod").subresources).toEqual(["status"]);
    await client.close();
  });
});
