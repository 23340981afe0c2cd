import type { KubeObject } from "@moorage/kube-types";
import type { Container, PodSpec } from "@moorage/kube-types/core-v1";
import type { MCPServer } from "@moorage/resources";
import { describe, expect, it } from "vitest";
import { images, mcpDevServer, stacklokServer } from "../testing/mcp-server-fixtures.ts";
import { childrenOf } from "./children.ts";
import { modelOf } from "./model.ts";

const children = (server: MCPServer) => childrenOf(server, modelOf(server), undefined, images);

function podSpecOf(objects: readonly KubeObject[], kind: string): PodSpec {
  const found = objects.find((object) => object.kind === kind);
  if (!found || !("spec" in found)) throw new Error(`There is no ${kind}`);
  const { template }: { template: { spec: PodSpec } } = JSON.parse(JSON.stringify(found.spec));
  return template.spec;
}

function serverContainer(server: MCPServer): Container {
  const objects = children(server);
  const kind = objects.some((object) => object.kind === "StatefulSet") ? "StatefulSet" : "Deployment";
  const [container] = podSpecOf(objects, kind).containers;
  if (!container) throw new Error("The pod has no container");
  return container;
}

describe("childrenOf()", () => {
  it.each<[string, MCPServer, string[]]>([
    ["a stacklok server", stacklokServer(), ["StatefulSet", "Service", "ConfigMap", "Deployment", "Service"]],
    [
      "a stacklok server without proxy",
      stacklokServer({ transport: "sse", proxy: { enabled: false } }),
      ["Deployment", "Service"],
    ],
    ["an HTTP server of mcp.mcp.dev", mcpDevServer(), ["Deployment", "Service"]],
    [
      "a stdio server of mcp.mcp.dev",
      mcpDevServer({ transport: "stdio" }),
      ["StatefulSet", "Service", "ConfigMap", "Deployment", "Service"],
    ],
    [
      "one of mcp.mcp.dev with a ToolConfig",
      mcpDevServer({ toolConfigRef: { name: "few" } }),
      ["StatefulSet", "Service", "ConfigMap", "Deployment", "Service"],
    ],
  ])("gives %s its topology", (_, server, kinds) => {
    expect(children(server).map(({ kind }) => kind)).toEqual(kinds);
  });

  it.each<[string, MCPServer, Partial<Container>]>([
    [
      "an npm package over stdio",
      stacklokServer({ args: ["--fast"] }),
      {
        image: "runner:1",
        command: ["/moorage/bridge/nc", "-ll", "-p", "8080", "-e", "npx", "-y", "@scope/weather@1.2.3", "--fast"],
      },
    ],
    [
      "a Python package over HTTP",
      stacklokServer({ image: "uvx://weather@1", transport: "sse", targetPort: 3000 }),
      { image: "runner:1", command: ["uvx", "weather@1"], env: [{ name: "PORT", value: "3000" }] },
    ],
    [
      "an OCI image over stdio",
      stacklokServer({ image: "weather:1", command: ["serve"], args: ["-v"] }),
      { image: "weather:1", command: ["/moorage/bridge/nc", "-ll", "-p", "8080", "-e", "serve", "-v"] },
    ],
    [
      "an OCI image over HTTP",
      mcpDevServer({ image: "weather:1", args: ["-v"] }),
      { image: "weather:1", args: ["-v"] },
    ],
    [
      "a PORT of the user's own",
      mcpDevServer({ image: "weather:1", env: [{ name: "PORT", value: "9" }] }),
      { env: [{ name: "PORT", value: "9" }] },
    ],
    ["a Secret as environment", mcpDevServer({ secretName: "keys" }), { envFrom: [{ secretRef: { name: "keys" } }] }],
  ])("runs %s", (_, server, expected) => {
    expect(serverContainer(server)).toMatchObject(expected);
  });

  it("probes a directly run server at /health, a proxied one's port, and a stdio bridge not at all", () => {
    expect(serverContainer(mcpDevServer()).livenessProbe?.httpGet?.path).toBe("/health");
    expect(serverContainer(stacklokServer({ transport: "sse" })).readinessProbe?.tcpSocket).toEqual({ port: "mcp" });
    expect(serverContainer(stacklokServer()).readinessProbe).toBeUndefined();
  });

  it("selects what clients reach by labels that no server behind a proxy has", () => {
    const objects = children(stacklokServer());
    const clients = objects.find(({ kind, metadata }) => kind === "Service" && metadata.name === "weather");
    expect(clients).toMatchObject({ spec: { selector: { "mcp.moorage.dev/serves": "clients" } } });
    const [statefulSet] = objects;
    expect(statefulSet).toMatchObject({
      spec: { template: { metadata: { labels: { "mcp.moorage.dev/serves": "proxy" } } } },
    });
  });

  it("mounts no token, and meets the restricted Pod Security Standard", () => {
    for (const kind of ["StatefulSet", "Deployment"]) {
      const pod = podSpecOf(children(stacklokServer()), kind);
      expect(pod).toMatchObject({ automountServiceAccountToken: false, securityContext: { runAsNonRoot: true } });
      for (const container of [...pod.containers, ...(pod.initContainers ?? [])]) {
        expect(container.securityContext).toMatchObject({
          allowPrivilegeEscalation: false,
          readOnlyRootFilesystem: true,
          capabilities: { drop: ["ALL"] },
        });
      }
    }
  });

  it("puts nothing into the proxy's pod that changes when only the RunConfig does", () => {
    const before = podSpecOf(children(stacklokServer()), "Deployment");
    const server = stacklokServer({ toolConfigRef: { name: "few" } });
    const toolConfig = {
      apiVersion: "mcp.stacklok.com/v1alpha1",
      kind: "ToolConfig",
      metadata: { name: "few" },
      spec: { filter: ["a"] },
    };
    expect(podSpecOf(childrenOf(server, modelOf(server), toolConfig, images), "Deployment")).toEqual(before);
  });
});
