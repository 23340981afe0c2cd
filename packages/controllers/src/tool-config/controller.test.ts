import type { ObservedCondition } from "@moorage/kube-types";
import type { Outcome } from "@moorage/operator-runtime";
import { memoryView, reconcileOnce } from "@moorage/operator-runtime/testing";
import type { MCPServer, ToolConfig } from "@moorage/resources";
import { describe, expect, it } from "vitest";
import { mcpDevServer, stacklokServer } from "../testing/mcp-server-fixtures.ts";
import { toolConfigController } from "./controller.ts";
import { toolConfigHash } from "./status.ts";
import { toolConfigWebhook } from "./webhook.ts";

const few = (spec: ToolConfig["spec"] = { filter: ["a"] }, status?: ToolConfig["status"]): ToolConfig => ({
  apiVersion: "mcp.stacklok.com/v1alpha1",
  kind: "ToolConfig",
  metadata: { name: "few", namespace: "sky", uid: "uid-few", generation: 1 },
  spec,
  ...(status && { status }),
});
const named = (server: MCPServer, name: string, namespace = "sky"): MCPServer => ({
  ...server,
  metadata: { ...server.metadata, name, namespace, uid: `uid-${namespace}-${name}` },
});
const refers = { toolConfigRef: { name: "few" } };
const users = [
  named(stacklokServer(refers), "weather"),
  named(mcpDevServer(refers), "weather"),
  named(mcpDevServer(refers), "clock"),
  named(stacklokServer({ toolConfigRef: { name: "other" } }), "elsewhere"),
  named(stacklokServer(), "free"),
  named(stacklokServer(refers), "far", "sea"),
];
const invalidSpec = { override: { a: { name: "x" }, b: { name: "x" } } };
const condition = ({ conditions }: Outcome, type: string): ObservedCondition | undefined =>
  conditions.find((found) => found.type === type);

describe("toolConfigController", () => {
  it("names the servers of both groups in its namespace that refer to it, and no other", async () => {
    const { status } = await reconcileOnce(toolConfigController, few(), { objects: users });
    expect(status).toEqual({
      configHash: toolConfigHash({ filter: ["a"] }),
      servers: [
        "mcpservers.mcp.mcp.dev/clock",
        "mcpservers.mcp.mcp.dev/weather",
        "mcpservers.mcp.stacklok.com/weather",
      ],
      serverCount: 3,
    });
  });

  it("lists no more than 250 servers and counts them all", async () => {
    const objects = Array.from({ length: 300 }, (_, index) => named(stacklokServer(refers), `server-${index}`));
    const { status } = await reconcileOnce(toolConfigController, few(), { objects });
    expect(status).toMatchObject({ serverCount: 300 });
    expect(status?.["servers"]).toHaveLength(250);
  });

  it("is ready when it is valid, and says nothing else", async () => {
    const outcome = await reconcileOnce(toolConfigController, few(), { objects: users });
    expect(outcome.conditions.map(({ type, status }) => [type, status])).toEqual([
      ["Ready", "True"],
      ["Valid", "True"],
      ["Available", "True"],
      ["Progressing", "False"],
      ["Degraded", "False"],
    ]);
    expect(outcome.events).toEqual([]);
    expect(outcome.requeueAfterMs).toBeUndefined();
  });

  it("says what is wrong, and which servers wait for it to be mended", async () => {
    const outcome = await reconcileOnce(toolConfigController, few(invalidSpec), { objects: users });
    expect(condition(outcome, "Valid")).toMatchObject({
      status: "False",
      reason: "NameCollision",
      message: 'spec.override["b"].name is "x", which spec.override["a"].name is too: give each tool a name of its own',
    });
    for (const type of ["Ready", "Available"]) {
      expect(condition(outcome, type)).toMatchObject({ status: "False", reason: "NameCollision" });
    }
    expect(condition(outcome, "Degraded")).toMatchObject({
      status: "True",
      reason: "InvalidInUse",
      message: expect.stringContaining("mcpservers.mcp.mcp.dev/clock"),
    });
  });

  it("is not degraded when nobody uses it", async () => {
    expect(condition(await reconcileOnce(toolConfigController, few(invalidSpec)), "Degraded")?.status).toBe("False");
  });

  it("stays valid with an override that has no effect, and warns of it", async () => {
    const outcome = await reconcileOnce(toolConfigController, few({ filter: ["a"], override: { b: { name: "c" } } }));
    expect(condition(outcome, "Valid")).toMatchObject({ status: "True", reason: "OverrideWithoutEffect" });
    expect(outcome.events).toMatchObject([{ type: "Warning", reason: "OverrideWithoutEffect" }]);
  });

  it.each([
    ["only while a server refers to it", users, true],
    ["not without one", users.slice(3), false],
  ])("wants its finalizer %s", (_, objects, wanted) => {
    const view = memoryView(toolConfigController, objects);
    expect(toolConfigController.needsFinalizer?.(few(), view)).toBe(wanted);
  });

  it("holds a deleted one, names who holds it, and tells so once", async () => {
    const view = memoryView(toolConfigController, users);
    const held = await toolConfigController.finalize?.(few(), view);
    const message =
      "mcpservers.mcp.mcp.dev/clock, mcpservers.mcp.mcp.dev/weather, mcpservers.mcp.stacklok.com/weather refer to it: remove spec.toolConfigRef there, or delete what refers to it";
    expect(held?.conditions).toContainEqual({ type: "DeletionBlocked", status: "True", reason: "ReferredTo", message });
    expect(held?.events).toEqual([{ type: "Warning", reason: "DeletionBlocked", message }]);
    const told = { type: "DeletionBlocked", status: "True" as const, reason: "", message: "", lastTransitionTime: "" };
    const again = await toolConfigController.finalize?.(few({}, { conditions: [told] }), view);
    expect(again?.events).toEqual([]);
  });

  it("names at most five of those that hold it", async () => {
    const objects = Array.from({ length: 7 }, (_, index) => named(mcpDevServer(refers), `server-${index}`));
    const held = await toolConfigController.finalize?.(few(), memoryView(toolConfigController, objects));
    expect(held?.events?.[0]?.message).toContain("server-4 and 2 more refer to it");
  });

  it("lets a deleted one go that nobody refers to", async () => {
    expect(await toolConfigController.finalize?.(few(), memoryView(toolConfigController, users.slice(3)))).toBe(
      undefined,
    );
  });

  it("has another hash with another spec, and the same whatever the order of keys", () => {
    expect(toolConfigHash({ filter: ["a"], override: {} })).toBe(toolConfigHash({ override: {}, filter: ["a"] }));
    expect(toolConfigHash({ filter: ["a", "b"] })).not.toBe(toolConfigHash({ filter: ["b", "a"] }));
  });
});

describe("toolConfigWebhook", () => {
  const request = {
    operation: "CREATE",
    oldObject: undefined,
    namespace: "sky",
    username: "ada",
    dryRun: false,
  } as const;
  it.each<[ToolConfig["spec"], number]>([
    [{ filter: ["a"] }, 0],
    [{ filter: ["a", "a"] }, 1],
    [{ override: { a: {} } }, 1],
  ])("warns of what is wrong in %j and refuses nothing", async (spec, warnings) => {
    const verdict = await toolConfigWebhook.validate?.(few(spec), request);
    expect(verdict?.warnings).toHaveLength(warnings);
    expect(verdict).not.toHaveProperty("problems");
  });
});
