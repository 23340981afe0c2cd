import type { Client } from "@moorage/kube-client";
import { findCondition } from "@moorage/kube-types";
import { Lease } from "@moorage/kube-types/coordination-v1";
import { Pod, Service } from "@moorage/kube-types/core-v1";
import { EndpointSlice } from "@moorage/kube-types/discovery-v1";
import { type MCPServer, StacklokMCPServer, WebApp } from "@moorage/resources";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { eventually } from "../eventually.ts";
import { echo, openSession } from "../mcp-session.ts";
import { whenReachable } from "../reachable.ts";
import { installedCluster, operatorKey } from "./installed-cluster.ts";
import { entrypoint, image } from "./node-place.ts";

const namespace = "default";
let client: Client;

beforeAll(async () => {
  client = await installedCluster();
});
afterAll(() => client.close());

async function apply(name: string, spec: Record<string, unknown>): Promise<void> {
  const { group, version, kind, plural } = StacklokMCPServer;
  const object = { apiVersion: `${group}/${version}`, kind, metadata: { name, namespace }, spec };
  await client.apply({ group, version, kind, plural, namespaced: true }, object);
}

async function ready(name: string): Promise<MCPServer> {
  const server = await eventually(`"${name}" is ready`, 60_000, async () => {
    const found = await client.get(StacklokMCPServer, { namespace, name });
    const condition = findCondition(found.status?.conditions, "Ready");
    if (condition?.status !== "True") throw new Error(JSON.stringify(found.status));
    return found;
  });
  await whenReachable(await url(name));
  return server;
}

/** The Service's address: the test runs in the node's network namespace, but does not use the cluster's DNS. */
async function url(name: string): Promise<string> {
  const { spec } = await client.get(Service, { namespace, name });
  return `http://${spec.clusterIP}:${spec.ports?.[0]?.port}`;
}

async function answers(name: string, message: string): Promise<string> {
  const session = await openSession(await url(name));
  const text = await echo(session, message);
  await session.close();
  return text;
}

const podsOf = async (name: string, serves: string) =>
  (
    await client.list(Pod, {
      namespace,
      labelSelector: `app.kubernetes.io/instance=${name},mcp.moorage.dev/serves=${serves}`,
    })
  ).items;

describe("a stdio server in real pods", () => {
  it("becomes ready by a real handshake and answers through the Service", async () => {
    await apply("stdio", { image, command: ["node", entrypoint], transport: "stdio" });
    const { status } = await ready("stdio");
    expect(status?.serverInfo?.tools).toBeGreaterThan(5);
    expect(status?.url).toBe("http://stdio.default.svc.cluster.local:8080");
    expect(await answers("stdio", "from a pod")).toContain("from a pod");
  });

  it("gives the proxy no credentials, and both pods a restricted security context", async () => {
    for (const pod of [...(await podsOf("stdio", "clients")), ...(await podsOf("stdio", "proxy"))]) {
      const sources = pod.spec.volumes?.flatMap(({ projected }) => projected?.sources ?? []) ?? [];
      expect(sources.some(({ serviceAccountToken }) => serviceAccountToken)).toBe(false);
      expect(pod.spec.securityContext).toMatchObject({
        runAsNonRoot: true,
        seccompProfile: { type: "RuntimeDefault" },
      });
    }
  });

  it.each(["clients", "proxy"])("serves again after its pod that serves %s is deleted", async (serves) => {
    const [pod] = await podsOf("stdio", serves);
    if (!pod) throw new Error("There is no such pod");
    await client.delete(Pod, { namespace, name: pod.metadata.name }, { gracePeriodSeconds: 0 });
    await eventually("another pod runs", 60_000, async () => {
      const pods = await podsOf("stdio", serves);
      return pods.some(({ metadata }) => metadata.uid !== pod.metadata.uid) ? true : undefined;
    });
    await ready("stdio");
    expect(await eventually("it answers", 60_000, () => answers("stdio", "again"))).toContain("again");
  });

  it("scales to three servers and back", async () => {
    const scale = (replicas: number) =>
      client.patch(
        StacklokMCPServer,
        { namespace, name: "stdio" },
        { spec: { replicas } },
        { patchType: "merge", subresource: "scale" },
      );
    await scale(3);
    await eventually("three are available", 60_000, async () => {
      const { status } = await client.get(StacklokMCPServer, { namespace, name: "stdio" });
      return status?.availableReplicas === 3 ? true : undefined;
    });
    const sessions = await Promise.all([1, 2, 3, 4, 5, 6].map(async () => openSession(await url("stdio"))));
    await Promise.all(
      sessions.map(async (session, index) => expect(await echo(session, `s${index}`)).toContain(`s${index}`)),
    );
    await Promise.all(sessions.map((session) => session.close()));
    await scale(1);
    await eventually("one is left", 60_000, async () =>
      (await podsOf("stdio", "proxy")).length === 1 ? true : undefined,
    );
    expect(await answers("stdio", "still")).toContain("still");
  });

  it("keeps serving while the leading operator is lost, and its successor takes over", async () => {
    const lease = async () => (await client.get(Lease, operatorKey)).spec.holderIdentity ?? "";
    const before = await lease();
    const session = await openSession(await url("stdio"));
    const [leader = ""] = before.split("_");
    await client.delete(Pod, { ...operatorKey, name: leader }, { gracePeriodSeconds: 0 });
    for (let call = 0; call < 50; call++) expect(await echo(session, `call ${call}`)).toContain(`call ${call}`);
    await session.close();
    await eventually("another replica leads", 40_000, async () => ((await lease()) === before ? undefined : true));
    await client.delete(Service, { namespace, name: "stdio" });
    await eventually("it corrects drift", 20_000, () => client.find(Service, { namespace, name: "stdio" }));
  });

  it("leaves nothing behind when it is deleted", async () => {
    await client.delete(StacklokMCPServer, { namespace, name: "stdio" });
    await eventually("everything is gone", 60_000, async () => {
      const slices = (await client.list(EndpointSlice, { namespace })).items.filter(({ metadata }) =>
        metadata.name.startsWith("stdio"),
      );
      const pods = [...(await podsOf("stdio", "clients")), ...(await podsOf("stdio", "proxy"))];
      return slices.length + pods.length === 0 ? true : undefined;
    });
  });
});

describe.each([
  ["streamable-http", "streamableHttp"],
  ["sse", "sse"],
])("a server over %s in real pods", (transport, mode) => {
  it("is reached through the proxy", async () => {
    await apply(transport, {
      image,
      command: ["node", entrypoint, mode],
      transport,
      targetPort: 3001,
    });
    await ready(transport);
    expect(await answers(transport, "over HTTP")).toContain("over HTTP");
  });
});

describe("a server whose image has no valid name", () => {
  it("says so in its status", async () => {
    await apply("nopull", { image: "ghcr.io/Example/none:1", transport: "streamable-http" });
    await eventually("the reason is told", 30_000, async () => {
      const { status } = await client.get(StacklokMCPServer, { namespace, name: "nopull" });
      const condition = findCondition(status?.conditions, "Ready");
      return condition?.reason === "ImagePullFailed" && condition.message.includes("ghcr.io/Example/none:1")
        ? true
        : undefined;
    });
  });
});

describe("a WebApp in real pods", () => {
  const app = (name: string, image: string) => ({
    apiVersion: "example.com/v1",
    kind: "WebApp",
    metadata: { name, namespace },
    spec: {
      image,
      replicas: 2,
      port: 8090,
      command: [
        "node",
        "-e",
        "require('http').createServer((q, s) => s.end('hello from a pod')).listen(process.env.PORT)",
      ],
    },
  });
  const { group, version, kind, plural } = WebApp;
  const type = { group, version, kind, plural, namespaced: true };

  it("serves through its Service, and says that it is ready", async () => {
    await client.apply(type, app("site", image));
    await eventually("it is ready", 60_000, async () => {
      const { status } = await client.get(WebApp, { namespace, name: "site" });
      return status?.phase === "Ready" && status.availableReplicas === 2 ? true : undefined;
    });
    // The node learns of ready endpoints a moment after everyone else.
    const text = await eventually("its Service answers", 10_000, async () => (await fetch(await url("site"))).text());
    expect(text).toBe("hello from a pod");
  });

  it("is refused by the operator's webhook when its image may change", async () => {
    await expect(client.apply(type, app("floating", "localhost/everything:latest"))).rejects.toThrow(
      /spec\.image: "localhost\/everything:latest" may change at any time: give a fixed tag or a digest/,
    );
  });
});
