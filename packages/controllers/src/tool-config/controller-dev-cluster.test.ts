import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type DevCluster, startDevCluster } from "@moorage/dev-cluster";
import { isNotFound, loadKubeconfig } from "@moorage/kube-client";
import { findCondition } from "@moorage/kube-types";
import { CustomResourceDefinition } from "@moorage/kube-types/apiextensions-v1";
import { Namespace } from "@moorage/kube-types/core-v1";
import { Event } from "@moorage/kube-types/events-v1";
import { type TestOperator, testOperator } from "@moorage/operator-runtime/testing";
import { type MCPServer, McpDevMCPServer, resources, StacklokMCPServer, ToolConfig } from "@moorage/resources";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { mcpDevServer, stacklokServer } from "../testing/mcp-server-fixtures.ts";
import { toolConfigController } from "./controller.ts";

const finalizer = "moorage.dev/tool-config";
let dir: string;
let devCluster: DevCluster;
let operator: TestOperator;
let namespace: string;
let born = 0;

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), "moorage-tool-config-"));
  devCluster = await startDevCluster({ dir, port: 0, node: false });
  for (const { crd } of resources) devCluster.api.create(CustomResourceDefinition, structuredClone(crd));
  const cluster = await loadKubeconfig({ paths: [devCluster.kubeconfigPath] });
  operator = await testOperator({ cluster, controllers: [toolConfigController] });
});
afterAll(async () => {
  await operator.stop();
  await devCluster.stop();
  await rm(dir, { recursive: true });
});
beforeEach(async () => {
  born += 1;
  namespace = `sky-${born}`;
  await operator.client.create(Namespace, {
    apiVersion: "v1",
    kind: "Namespace",
    metadata: { name: namespace },
    spec: {},
  });
});

const key = () => ({ namespace, name: "few" });
const stored = () => operator.client.get(ToolConfig, key());
const isGone = () => stored().then(() => false, isNotFound);
const valid = async () => findCondition((await stored()).status?.conditions, "Valid");

async function apply(spec: ToolConfig["spec"]): Promise<ToolConfig> {
  const applied = await operator.apply(ToolConfig, {
    apiVersion: "mcp.stacklok.com/v1alpha1",
    kind: "ToolConfig",
    metadata: { name: "few", namespace },
    spec,
  });
  await operator.settled();
  return applied;
}

async function applyServer(make: (spec: Partial<MCPServer["spec"]>) => MCPServer, toolConfig?: string): Promise<void> {
  const { apiVersion, kind, spec } = make(toolConfig ? { toolConfigRef: { name: toolConfig } } : {});
  const type = make === mcpDevServer ? McpDevMCPServer : StacklokMCPServer;
  await operator.apply(type, { apiVersion, kind, metadata: { name: "weather", namespace }, spec });
  await operator.settled();
}

/** Waits for what other controllers of the cluster do in their own time. */
async function until(holds: () => Promise<boolean>): Promise<void> {
  while (!(await holds())) await new Promise((resolve) => setImmediate(resolve));
}

describe("toolConfigController on the dev cluster", () => {
  it("follows edits, and writes nothing in a steady state", async () => {
    await apply({ filter: ["a"], override: { a: { name: "b" }, b: { name: "b" } } });
    expect(await valid()).toMatchObject({ status: "False", reason: "NameCollision", observedGeneration: 1 });
    const { configHash } = (await stored()).status ?? {};
    await apply({ filter: ["a"], override: { a: { name: "b" } } });
    expect(await valid()).toMatchObject({ status: "True", reason: "Valid", observedGeneration: 2 });
    expect((await stored()).status?.configHash).not.toBe(configHash);
    const { resourceVersion } = (await stored()).metadata;
    await applyServer(stacklokServer);
    expect((await stored()).metadata.resourceVersion).toBe(resourceVersion);
  });

  it("is kept while servers of either group refer to it, says so, and goes with the last reference", async () => {
    await apply({ filter: ["a"] });
    expect((await stored()).metadata.finalizers).toBeUndefined();
    await applyServer(stacklokServer, "few");
    await applyServer(mcpDevServer, "few");
    expect((await stored()).metadata.finalizers).toEqual([finalizer]);
    expect((await stored()).status?.serverCount).toBe(2);
    await operator.delete(ToolConfig, key());
    await operator.settled();
    const held = findCondition((await stored()).status?.conditions, "DeletionBlocked");
    expect(held).toMatchObject({ status: "True", message: expect.stringContaining("mcpservers.mcp.mcp.dev/weather") });
    await until(async () =>
      (await operator.client.list(Event, { namespace })).items.some(({ reason }) => reason === "DeletionBlocked"),
    );
    // One lets go by an edit, the other by going itself.
    await operator.client.patch(
      McpDevMCPServer,
      { namespace, name: "weather" },
      { spec: { toolConfigRef: null } },
      { patchType: "merge" },
    );
    await until(async () => (await stored()).status?.serverCount === 1);
    await operator.delete(StacklokMCPServer, { namespace, name: "weather" });
    await until(isGone);
  });

  it("takes its finalizer off when the servers go first, so that it can go without an operator", async () => {
    await apply({});
    await applyServer(stacklokServer, "few");
    await operator.delete(StacklokMCPServer, { namespace, name: "weather" });
    await operator.settled();
    await until(async () => (await stored()).metadata.finalizers === undefined);
    expect((await stored()).status?.serverCount).toBe(0);
  });

  it("protects one that is created after the server that names it", async () => {
    await applyServer(mcpDevServer, "few");
    await apply({});
    expect((await stored()).metadata.finalizers).toEqual([finalizer]);
  });

  it("does not keep a namespace from going", async () => {
    await apply({ filter: ["a"] });
    await applyServer(stacklokServer, "few");
    await applyServer(mcpDevServer, "few");
    await operator.client.delete(Namespace, { name: namespace });
    await until(() => operator.client.get(Namespace, { name: namespace }).then(() => false, isNotFound));
  });
});
