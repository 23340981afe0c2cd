import type { KubeObject } from "@moorage/kube-types";
import type { Container, PodSpec } from "@moorage/kube-types/core-v1";
import type { MCPServer } from "@moorage/resources";
import { describe, expect, it } from "vitest";
import { images, mcpDevServer, stacklokServer } from "../../testing/mcp-server-fixtures.ts";
import { modelOf } from "../model.ts";
import { type ChildrenInput, childrenOf } from "./children.ts";

const children = (server: MCPServer, input: Partial<ChildrenInput> = {}) =>
  childrenOf(server, modelOf(server), {
    policy: { files: {} },
    images,
    asleep: false,
    now: new Date("2026-01-01T00:00:00Z"),
    existing: { servers: undefined, secret: undefined },
    ...input,
  });

/** The child of this kind, and of this name where there are several. */
function childOf(objects: readonly KubeObject[], kind: string, name?: string): KubeObject {
  const found = objects.find((object) => object.kind === kind && (!name || object.metadata.name === name));
  if (!found) throw new Error(`There is no ${kind}`);
  return found;
}

const proxied = [
  ...["NetworkPolicy", "StatefulSet", "Service", "ServiceAccount", "Secret", "ConfigMap", "Deployment", "Service"],
];
const direct = ["ConfigMap", "Deployment", "Service"];

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
    ["a stacklok server", stacklokServer(), proxied],
    [
      "a stacklok server without proxy",
      stacklokServer({ transport: "sse", proxy: { enabled: false, replicas: 1 } }),
      direct,
    ],
    ["an HTTP server of mcp.mcp.dev", mcpDevServer(), direct],
    ["a stdio server of mcp.mcp.dev", mcpDevServer({ transport: "stdio" }), proxied],
    ["one of mcp.mcp.dev with a ToolConfig", mcpDevServer({ toolConfigRef: { name: "few" } }), proxied],
    ["one of mcp.mcp.dev with audit", mcpDevServer({ audit: { enabled: true, includeArguments: false } }), proxied],
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
    const statefulSet = childOf(objects, "StatefulSet");
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

  it("puts nothing into the proxy's pod that changes when only calls are treated otherwise", () => {
    const before = podSpecOf(children(stacklokServer()), "Deployment");
    const server = stacklokServer({
      audit: { enabled: true, includeArguments: true },
      rateLimits: { server: { requests: 5, perSeconds: 60 } },
      sessions: { maximum: 5 },
    });
    const policy = {
      oidc: { issuer: "https://i", audience: "a" },
      authz: { policies: ["permit(principal, action, resource);"] },
      files: { "oidc-ca.crt": "YQ==" },
    };
    expect(podSpecOf(children(server, { policy }), "Deployment")).toEqual(before);
    expect(JSON.stringify(childOf(children(server, { policy }), "ConfigMap"))).toContain("permit(principal");
    expect(childOf(children(server, { policy }), "Secret")).toMatchObject({ data: { "oidc-ca.crt": "YQ==" } });
  });

  it("lets nobody but the proxy reach a server behind it", () => {
    expect(childOf(children(stacklokServer()), "NetworkPolicy")).toMatchObject({
      spec: {
        podSelector: { matchLabels: { "mcp.moorage.dev/serves": "proxy" } },
        policyTypes: ["Ingress"],
        ingress: [{ from: [{ podSelector: { matchLabels: { "mcp.moorage.dev/serves": "clients" } } }] }],
      },
    });
  });

  it("restricts what a server may reach, without a proxy as well", () => {
    expect(childOf(children(mcpDevServer(), { policy: { egress: [], files: {} } }), "NetworkPolicy")).toMatchObject({
      spec: {
        policyTypes: ["Egress"],
        egress: [],
        podSelector: { matchLabels: { "mcp.moorage.dev/serves": "clients" } },
      },
    });
  });

  it("leaves the number of pods to an autoscaler", () => {
    const autoscaling = { target: "servers" as const, minReplicas: 2, maxReplicas: 5 };
    const objects = children(stacklokServer({ autoscaling }));
    expect(childOf(objects, "StatefulSet")).not.toHaveProperty("spec.replicas");
    expect(childOf(objects, "Deployment")).toMatchObject({ spec: { replicas: 1 } });
    expect(childOf(objects, "HorizontalPodAutoscaler")).toMatchObject({
      spec: {
        scaleTargetRef: { kind: "StatefulSet", name: "weather" },
        minReplicas: 2,
        maxReplicas: 5,
        metrics: [{ resource: { name: "cpu", target: { averageUtilization: 80 } } }],
      },
    });
    const proxies = children(stacklokServer({ autoscaling: { ...autoscaling, target: "proxies" } }));
    expect(childOf(proxies, "Deployment")).not.toHaveProperty("spec.replicas");
    expect(childOf(proxies, "StatefulSet")).toMatchObject({ spec: { replicas: 1 } });
  });

  it("leads the way in from outside to the Service", () => {
    const exposure = {
      hostname: "weather.example.com",
      ingress: { className: "nginx", tlsSecretName: "cert" },
      httpRoute: { parentRefs: [{ name: "gateway" }], tls: true },
    };
    const objects = children(stacklokServer({ exposure }));
    expect(childOf(objects, "Ingress")).toMatchObject({
      spec: {
        ingressClassName: "nginx",
        tls: [{ hosts: ["weather.example.com"], secretName: "cert" }],
        rules: [{ http: { paths: [{ backend: { service: { name: "weather", port: { name: "mcp" } } } }] } }],
      },
    });
    expect(childOf(objects, "HTTPRoute")).toMatchObject({
      spec: { hostnames: ["weather.example.com"], rules: [{ backendRefs: [{ name: "weather", port: 8080 }] }] },
    });
  });

  it.each<[string, MCPServer, string]>([
    ["a stdio server's proxy keeps its processes", stacklokServer(), "ClientIP"],
    ["any proxy finds an HTTP session", stacklokServer({ transport: "sse" }), "None"],
    ["a server alone keeps its sessions", mcpDevServer(), "ClientIP"],
    ["the user decides", mcpDevServer({ sessionAffinity: "None" }), "None"],
  ])("chooses affinity: %s", (_, server, sessionAffinity) => {
    expect(childOf(children(server), "Service", "weather")).toMatchObject({ spec: { sessionAffinity } });
  });

  it.each(["ClusterIP", "NodePort", "LoadBalancer"] as const)("makes a Service of type %s", (serviceType) => {
    expect(childOf(children(stacklokServer({ serviceType })), "Service", "weather")).toMatchObject({
      spec: { type: serviceType },
    });
  });

  it("gives the server its settings, and rolls its pods when they change", () => {
    const build = (unit: string) => children(mcpDevServer({ config: { nested: { unit } } }));
    const objects = build("celsius");
    expect(childOf(objects, "ConfigMap")).toMatchObject({
      metadata: { name: "weather-config" },
      data: { transport: "streamable-http", "config.json": expect.stringContaining('"unit": "celsius"') },
    });
    expect(serverContainer(mcpDevServer({ config: {} })).env).toContainEqual({
      name: "MCP_CONFIG_FILE",
      value: "/etc/mcp-config/config.json",
    });
    expect(JSON.stringify(childOf(objects, "Deployment"))).not.toBe(
      JSON.stringify(childOf(build("kelvin"), "Deployment")),
    );
  });

  it("runs with the user's volumes, probes and security profile", () => {
    const server = mcpDevServer({
      volumes: [{ name: "data", persistentVolumeClaim: { claimName: "data" } }],
      volumeMounts: [{ name: "data", mountPath: "/tmp" }],
      probes: { readiness: { tcpSocket: { port: "mcp" } } },
      securityProfile: "baseline",
    });
    const container = serverContainer(server);
    expect(container.volumeMounts).toEqual([{ name: "data", mountPath: "/tmp" }]);
    expect(container.readinessProbe).toEqual({ tcpSocket: { port: "mcp" } });
    expect(container).not.toHaveProperty("livenessProbe");
    expect(container.securityContext).not.toHaveProperty("readOnlyRootFilesystem");
    expect(podSpecOf(children(server), "Deployment").volumes).toContainEqual(
      expect.objectContaining({ persistentVolumeClaim: { claimName: "data" } }),
    );
  });

  it("stops the server's pods while nobody uses them, and not the proxy's", () => {
    const objects = children(stacklokServer(), { asleep: true });
    expect(childOf(objects, "StatefulSet")).toMatchObject({ spec: { replicas: 0 } });
    expect(childOf(objects, "Deployment")).toMatchObject({ spec: { replicas: 1 } });
  });

  it("merges a template of the user's own into the proxy's pods", () => {
    const proxy = {
      enabled: true,
      replicas: 2,
      podTemplateSpec: { spec: { containers: [], nodeSelector: { zone: "a" } } },
    };
    expect(podSpecOf(children(stacklokServer({ proxy })), "Deployment").nodeSelector).toEqual({ zone: "a" });
  });
});
