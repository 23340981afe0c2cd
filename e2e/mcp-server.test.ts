import { createServer, type Server } from "node:http";
import { isNotFound } from "@moorage/kube-client";
import { Deployment, StatefulSet } from "@moorage/kube-types/apps-v1";
import { ConfigMap, Namespace, Secret, Service } from "@moorage/kube-types/core-v1";
import { StacklokMCPServer, ToolConfig } from "@moorage/resources";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { DevUnderTest } from "./dev-cluster.ts";
import { eventually } from "./eventually.ts";
import { echo, openSession } from "./mcp-session.ts";
import { processesWith } from "./processes.ts";

const everything = "npx://@modelcontextprotocol/server-everything@2026.8.31";
const key = { namespace: "default", name: "everything" };
let dev: DevUnderTest;

beforeAll(async () => {
  dev = await DevUnderTest.start();
}, 60_000);
afterAll(() => dev.stop());

describe("an MCPServer that works", () => {
  it("becomes ready, says what the server is, and answers calls", { timeout: 120_000 }, async () => {
    await dev.apply("everything", { image: everything, transport: "stdio" });
    const session = await openSession(await dev.ready("everything"));
    expect(await echo(session, "hello")).toContain("hello");
    await session.close();
    const { status } = await dev.client.get(StacklokMCPServer, key);
    expect(status).toMatchObject({
      phase: "Running",
      availableReplicas: 1,
      serverInfo: { name: expect.stringContaining("everything") },
    });
  });

  it.each([
    [
      "Service",
      async () => dev.client.patch(Service, key, { spec: { ports: null } }, { patchType: "merge" }),
      async () => (await dev.client.get(Service, key)).spec.ports?.length === 1,
    ],
    [
      "ConfigMap",
      async () =>
        dev.client.patch(
          ConfigMap,
          { ...key, name: "everything-runconfig" },
          { data: { "runconfig.json": "{}" } },
          { patchType: "merge" },
        ),
      async () =>
        (await dev.client.get(ConfigMap, { ...key, name: "everything-runconfig" })).data?.["runconfig.json"] !== "{}",
    ],
    [
      "StatefulSet",
      async () => dev.client.patch(StatefulSet, key, { spec: { replicas: 0 } }, { patchType: "merge" }),
      async () => (await dev.client.get(StatefulSet, key)).spec.replicas === 1,
    ],
    [
      "Deployment",
      async () =>
        dev.client.patch(
          Deployment,
          key,
          { metadata: { labels: { "app.kubernetes.io/managed-by": "hand" } } },
          { patchType: "merge" },
        ),
      async () =>
        (await dev.client.get(Deployment, key)).metadata.labels?.["app.kubernetes.io/managed-by"] === "moorage",
    ],
  ])("corrects a hand edit of its %s within 2 s", async (_, edit, isRight) => {
    await edit().catch(() => undefined); // A Service without ports is refused by the API server: just as good.
    await eventually("the edit is corrected", 2_000, async () => ((await isRight()) ? true : undefined));
  });

  it.each([
    ["Service", Service, "everything"],
    ["headless Service", Service, "everything-headless"],
    ["ConfigMap", ConfigMap, "everything-runconfig"],
  ] as const)("brings a deleted %s back within 2 s", async (_, type, name) => {
    const { metadata } = await dev.client.get<Service | ConfigMap>(type, { ...key, name });
    await dev.client.delete(type, { ...key, name });
    await eventually("it is back", 2_000, async () => {
      const again = await dev.client.find<Service | ConfigMap>(type, { ...key, name });
      return again && again.metadata.uid !== metadata.uid ? true : undefined;
    });
    await dev.ready("everything");
  });

  it.each([
    ["the proxy", "apps/proxy/src/main.ts"],
    ["the stdio bridge", "-ll -p"],
  ])("serves new sessions after kill -9 of %s", { timeout: 60_000 }, async (_, command) => {
    const [victim] = processesWith(dev.dir).filter((process) => process.command.includes(command));
    if (!victim) throw new Error(`No process runs "${command}"`);
    process.kill(victim.pid, "SIGKILL");
    const answer = await eventually("a new session works", 30_000, async () => {
      const session = await openSession((await dev.client.get(StacklokMCPServer, key)).status?.url ?? "");
      const text = await echo(session, "again");
      await session.close();
      return text;
    });
    expect(answer).toContain("again");
    await dev.ready("everything");
  });

  it("leaves nothing behind when it is deleted", { timeout: 60_000 }, async () => {
    await dev.client.delete(StacklokMCPServer, key);
    await eventually("every child is gone", 45_000, async () => {
      const lists = await Promise.all(
        [Deployment, StatefulSet, Service, ConfigMap].map((type) =>
          dev.client.list<Deployment | StatefulSet | Service | ConfigMap>(type, {
            namespace: "default",
            labelSelector: "app.kubernetes.io/instance=everything",
          }),
        ),
      );
      return lists.every(({ items }) => items.length === 0) ? true : undefined;
    });
    await eventually("every process is gone", 10_000, async () =>
      processesWith("server-everything").filter(({ command }) => command.includes(dev.dir)).length === 0
        ? true
        : undefined,
    );
  });
});

describe("a permission profile", () => {
  let site: Server;
  beforeAll(async () => {
    site = createServer((_, response) => response.end("reached"));
    await new Promise<void>((resolve) => site.listen(0, "127.0.0.1", resolve));
  });
  afterAll(() => {
    site.close();
  });

  /** Lets the server itself fetch something, with a tool that it has. */
  async function fetchThrough(name: string): Promise<string> {
    const session = await openSession(await dev.ready(name));
    const address = site.address();
    const port = typeof address === "object" ? address?.port : 0;
    const data = `http://127.0.0.1:${port}/`;
    const answer = await session.callTool({ name: "gzip-file-as-resource", arguments: { name: "f.gz", data } });
    await session.close();
    return JSON.stringify(answer);
  }

  it.each([
    ["network", false],
    ["none", true],
  ])("%s keeps a server from the network: %s", { timeout: 60_000 }, async (name, kept) => {
    await dev.apply(`profile-${name}`, {
      image: everything,
      transport: "stdio",
      permissionProfile: { type: "builtin", name },
    });
    expect(/fetch failed|ENETUNREACH/.test(await fetchThrough(`profile-${name}`))).toBe(kept);
  });
});

describe("an MCPServer that cannot work", () => {
  it("says within 5 s that its image cannot be had, and what to do", async () => {
    await dev.apply("weather", {
      image: "ghcr.io/example/weather:latest",
      transport: "sse",
      port: 8080,
      targetPort: 3000,
    });
    const { message } = await dev.condition("weather", "Ready", "ImagePullFailed", 5_000);
    expect(message).toMatch(/ghcr\.io\/example\/weather:latest.*(podman|npx:\/\/)/s);
  });

  it("says that a package does not exist", { timeout: 60_000 }, async () => {
    await dev.apply("missing-package", { image: "npx://@moorage/no-such-package@9.9.9", transport: "stdio" });
    const { message } = await dev.condition("missing-package", "Ready", "ImagePullFailed", 45_000);
    expect(message).toContain("@moorage/no-such-package");
  });

  it("says which reference is missing, and goes on when it appears", async () => {
    await dev.apply("refers", { image: everything, transport: "stdio", toolConfigRef: { name: "later" } });
    const { message } = await dev.condition("refers", "Ready", "ToolConfigNotFound", 5_000);
    expect(message).toBe(
      'spec.toolConfigRef names ToolConfig "later", which does not exist: create it, or correct the name',
    );
    const toolConfig = {
      apiVersion: "mcp.stacklok.com/v1alpha1",
      kind: "ToolConfig",
      metadata: { name: "later", namespace: "default" },
      spec: { filter: ["echo"] },
    };
    await dev.client.apply(ToolConfig, toolConfig);
    const session = await openSession(await dev.ready("refers"));
    expect((await session.listTools()).tools.map(({ name }) => name)).toEqual(["echo"]);
    await session.close();
  });

  it("runs an HTTP server nowhere that it could not be kept from the network", async () => {
    const permissionProfile = { type: "builtin" as const, name: "none" };
    await dev.apply("guarded", {
      image: everything,
      args: ["streamableHttp"],
      transport: "streamable-http",
      permissionProfile,
    });
    const { message } = await dev.condition("guarded", "Ready", "ContainerConfigInvalid", 30_000);
    expect(message).toContain("forbids this pod every outgoing connection");
  });

  it("keeps servers of one name in two namespaces apart", async () => {
    const { group, version, kind, plural } = StacklokMCPServer;
    const type = { group, version, kind, plural, namespaced: true };
    const namespaces = ["tenant-a", "tenant-b"];
    for (const name of namespaces) {
      await dev.client.apply(Namespace, { apiVersion: "v1", kind: "Namespace", metadata: { name }, spec: {} });
      const metadata = { name: "twin", namespace: name };
      const spec = { image: everything, transport: "stdio", replicas: name === "tenant-a" ? 0 : 1 };
      await dev.client.apply(type, { apiVersion: `${group}/${version}`, kind, metadata, spec });
    }
    await eventually("one is stopped and the other runs", 60_000, async () => {
      const [a, b] = await Promise.all(
        namespaces.map(async (namespace) => dev.client.get(StacklokMCPServer, { namespace, name: "twin" })),
      );
      return a?.status?.phase === "Pending" && b?.status?.phase === "Running" ? true : undefined;
    });
    await dev.client.delete(StacklokMCPServer, { namespace: "tenant-a", name: "twin" });
    await eventually("one is gone", 30_000, async () =>
      (await dev.client.find(StatefulSet, { namespace: "tenant-a", name: "twin" })) ? undefined : true,
    );
    expect((await dev.client.get(StatefulSet, { namespace: "tenant-b", name: "twin" })).spec.replicas).toBe(1);
  });

  it("never takes over an object that is not its own", async () => {
    const secret = { apiVersion: "v1", kind: "Secret", metadata: { name: "x", namespace: "default" } };
    await dev.client.create(Secret, secret);
    const service = {
      apiVersion: "v1",
      kind: "Service",
      metadata: { name: "taken", namespace: "default" },
      spec: { ports: [{ port: 1 }] },
    };
    await dev.client.create(Service, service);
    await dev.apply("taken", { image: everything, transport: "stdio" });
    await eventually("the conflict is told", 5_000, async () => {
      const { status } = await dev.client.get(StacklokMCPServer, { namespace: "default", name: "taken" });
      return status?.conditions?.some(({ type, status }) => type === "ResourceConflict" && status === "True")
        ? true
        : undefined;
    });
    expect((await dev.client.get(Service, { namespace: "default", name: "taken" })).spec.ports?.[0]?.port).toBe(1);
  });

  it.each([
    ["an unknown transport", { transport: "websocket" }, /spec\.transport: Unsupported value: "websocket"/],
    ["a port out of range", { port: 70000 }, /spec\.port: Invalid value: 70000/],
    [
      "a package without a version",
      { image: "npx://x" },
      /spec\.image: Invalid value: "npx:\/\/x".*npx:\/\/PACKAGE@VERSION/,
    ],
  ])("refuses %s with the field, the value and the fix", async (_, spec, message) => {
    const bad = { image: everything, ...spec };
    await expect(dev.apply("bad", JSON.parse(JSON.stringify(bad)))).rejects.toThrow(message);
  });
});

describe("moorage dev", () => {
  it("keeps its state and leaves no orphan when it is killed", { timeout: 120_000 }, async () => {
    await dev.apply("survivor", { image: everything, transport: "stdio" });
    await dev.ready("survivor");
    const { metadata } = await dev.client.get(StacklokMCPServer, { namespace: "default", name: "survivor" });
    const before = processesWith(dev.dir).map(({ pid }) => pid);
    await dev.killAndRestart();
    const again = await dev.client.get(StacklokMCPServer, { namespace: "default", name: "survivor" });
    expect(again.metadata.uid).toBe(metadata.uid);
    const answer = await eventually("a new session works", 30_000, async () => {
      const session = await openSession(await dev.ready("survivor"));
      const text = await echo(session, "back");
      await session.close();
      return text;
    });
    expect(answer).toContain("back");
    const left = processesWith(dev.dir).filter(({ pid }) => before.includes(pid));
    expect(left).toEqual([]);
    expect(await dev.client.get(StacklokMCPServer, { namespace: "default", name: "none" }).catch(isNotFound)).toBe(
      true,
    );
  });
});
