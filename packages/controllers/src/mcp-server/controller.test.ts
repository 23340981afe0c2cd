import { createServer, type Server } from "node:http";
import { findCondition, type KubeObject } from "@moorage/kube-types";
import { memoryView, reconcileOnce } from "@moorage/operator-runtime/testing";
import { type MCPServer, StacklokMCPServer, ToolConfig } from "@moorage/resources";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { endpointSlice, images, pod, service, stacklokServer, workload } from "../testing/mcp-server-fixtures.ts";
import { mcpServerController } from "./controller.ts";
import { proxyProbePort } from "./names.ts";

const controller = mcpServerController(StacklokMCPServer, { name: "test", images, addressing: "dns" });
/** Proxies that answer: one has reached its server, the other has not. */
const [good, bad, silent] = ["127.1.2.3", "127.1.2.4", "127.1.2.5"];
const servers: Server[] = [];

const serverInfo = { name: "weather", version: "1.2.3" };
const answers: Record<string, unknown> = {
  [good]: {
    ready: true,
    upstream: { era: "legacy", protocolVersion: "2025-11-25", serverInfo, capabilities: {}, tools: 4 },
    activity: { inFlight: 0, held: 0, sessions: 0, lastRequestSecondsAgo: null },
    configHash: "another",
  },
  [bad]: { ready: false, upstream: null, error: { reason: "ServerExited", message: "The server exited with code 1" } },
};

beforeAll(() =>
  Promise.all(
    Object.entries(answers).map(([host, answer]) => {
      const server = createServer((_, response) => response.end(JSON.stringify(answer)));
      servers.push(server);
      return new Promise<void>((resolve) => server.listen(proxyProbePort, host, resolve));
    }),
  ),
);
afterAll(() => {
  for (const server of servers) server.close();
});

/** What there is when everything runs behind a proxy at `address`. */
const running = (address: string): KubeObject[] => [
  workload("StatefulSet", 1),
  workload("Deployment", 1),
  pod("clients", address),
  pod("proxy", "127.1.2.9"),
  service(),
  endpointSlice(true),
];
const ready = (outcome: Awaited<ReturnType<typeof reconcileOnce>>) =>
  outcome.conditions.find(({ type }) => type === "Ready");
const namesOf = (children: readonly KubeObject[] | undefined) =>
  children?.map(({ kind, metadata }) => `${kind}/${metadata.name}`);

describe("mcpServerController()", () => {
  it("says Terminating last", () => {
    expect(controller.deletingStatus?.(stacklokServer(), memoryView(controller, []))).toEqual({ phase: "Terminating" });
  });

  it("wants every child of a proxied server, and waits", async () => {
    const outcome = await reconcileOnce(controller, stacklokServer());
    expect(namesOf(outcome.children)).toEqual([
      "NetworkPolicy/weather-server",
      "StatefulSet/weather",
      "Service/weather-headless",
      "ServiceAccount/weather-proxy",
      "Secret/weather-proxy",
      "ConfigMap/weather-runconfig",
      "Deployment/weather",
      "Service/weather",
    ]);
    expect(ready(outcome)).toMatchObject({ status: "False", reason: "ServerStarting" });
    expect(outcome.status).toMatchObject({ phase: "Pending", url: "http://weather.sky.svc.cluster.local:8080" });
    // Nobody has an address yet, so there is nobody to ask again.
    expect(outcome.requeueAfterMs).toBeUndefined();
  });

  it("is ready when the proxy has shaken hands, and says what the server said", async () => {
    const outcome = await reconcileOnce(controller, stacklokServer(), { objects: running(good) });
    expect(ready(outcome)).toMatchObject({
      status: "True",
      message: '"weather" 1.2.3 speaks MCP 2025-11-25 and offers 4 tools',
    });
    expect(outcome.status).toMatchObject({
      phase: "Running",
      url: "http://weather.sky.svc.cluster.local:8080",
      availableReplicas: 1,
      serverInfo: { ...serverInfo, protocolVersion: "2025-11-25", tools: 4 },
    });
  });

  it("tells what the proxy says of the failed handshake", async () => {
    const objects = [...running(bad).filter(({ kind }) => kind !== "EndpointSlice"), endpointSlice(false)];
    const outcome = await reconcileOnce(controller, stacklokServer(), { objects });
    expect(ready(outcome)).toMatchObject({ reason: "ServerExited", message: "The server exited with code 1" });
    expect(outcome.requeueAfterMs).toBeGreaterThan(0);
  });

  it("waits for a proxy that does not listen yet", async () => {
    const outcome = await reconcileOnce(controller, stacklokServer(), { objects: running(silent) });
    expect(ready(outcome)).toMatchObject({ status: "False", reason: "ProxyStarting" });
  });

  it("waits until its Service leads to a pod that is ready", async () => {
    const withoutSlice = running(good).filter(({ kind }) => kind !== "EndpointSlice");
    for (const objects of [withoutSlice, [...withoutSlice, endpointSlice(false)]]) {
      const outcome = await reconcileOnce(controller, stacklokServer(), { objects });
      expect(ready(outcome)).toMatchObject({ status: "False", reason: "NoReadyEndpoints" });
    }
  });

  it("starts nothing without its ToolConfig", async () => {
    const outcome = await reconcileOnce(controller, stacklokServer({ toolConfigRef: { name: "few" } }));
    expect(outcome.children).toBeUndefined();
    expect(ready(outcome)).toMatchObject({ status: "False", reason: "ToolConfigNotFound" });
  });

  it("puts the ToolConfig into the RunConfig", async () => {
    const toolConfig = {
      apiVersion: "mcp.stacklok.com/v1alpha1",
      kind: ToolConfig.kind,
      metadata: { name: "few", namespace: "sky" },
      spec: { filter: ["a"], override: { a: { name: "b" } } },
    };
    const outcome = await reconcileOnce(controller, stacklokServer({ toolConfigRef: { name: "few" } }), {
      objects: [toolConfig],
    });
    const runConfig = outcome.children?.find(({ kind }) => kind === "ConfigMap");
    expect(JSON.stringify(runConfig)).toContain('\\"filter\\": [\\n');
    expect(
      findCondition(
        outcome.conditions.map((c) => ({ ...c, lastTransitionTime: "" })),
        "ToolConfigResolved",
      )?.status,
    ).toBe("True");
  });

  it("creates a first pod before its Secret, and tells of it", async () => {
    const outcome = await reconcileOnce(controller, stacklokServer({ secretName: "keys" }));
    expect(outcome.children).toBeDefined();
    expect(ready(outcome)).toMatchObject({ reason: "SecretNotFound" });
  });

  it("keeps the last good configuration serving when a reference goes", async () => {
    const server = stacklokServer({ secretName: "keys" }, { phase: "Running" });
    const outcome = await reconcileOnce(controller, server, { objects: running(good) });
    expect(outcome.children).toBeUndefined();
    expect(ready(outcome)?.status).toBe("True");
    expect(outcome.conditions).toContainEqual(
      expect.objectContaining({ type: "Degraded", status: "True", reason: "SecretNotFound" }),
    );
  });

  it.each<[string, Partial<MCPServer["spec"]>, string]>([
    [
      "policies that cannot be parsed",
      { authzConfig: { type: "inline", inline: { policies: ["permit"] } } },
      "AuthzConfigInvalid",
    ],
    [
      "policies that are not there",
      { authzConfig: { type: "configMap", configMap: { name: "authz", key: "policies.cedar" } } },
      "ConfigMapNotFound",
    ],
    [
      "a profile that no NetworkPolicy can express",
      { permissionProfile: { type: "configMap", name: "profile" } },
      "ConfigMapNotFound",
    ],
    ["a certificate that is not there", { tls: { secretName: "cert" } }, "SecretNotFound"],
  ])("starts nothing with %s: nobody may get in unprotected", async (_, spec, reason) => {
    const outcome = await reconcileOnce(controller, stacklokServer(spec));
    expect(outcome.children).toBeUndefined();
    expect(ready(outcome)).toMatchObject({ status: "False", reason });
  });

  it("reads policies from a ConfigMap, and says that they are valid", async () => {
    const authz = {
      apiVersion: "v1",
      kind: "ConfigMap",
      metadata: { name: "authz", namespace: "sky" },
      data: { "policies.cedar": "permit(principal, action, resource);" },
    };
    const authzConfig = { type: "configMap" as const, configMap: { name: "authz", key: "policies.cedar" } };
    const outcome = await reconcileOnce(controller, stacklokServer({ authzConfig }), { objects: [authz] });
    expect(JSON.stringify(outcome.children)).toContain("permit(principal, action, resource);");
    expect(outcome.conditions).toContainEqual(expect.objectContaining({ type: "AuthzConfigValid", status: "True" }));
  });

  it("rolls the server's pods when a Secret that they read changes, and only then", async () => {
    const templateWith = async (data: Record<string, string>) => {
      const secret = { apiVersion: "v1", kind: "Secret", metadata: { name: "keys", namespace: "sky" }, data };
      const { children } = await reconcileOnce(controller, stacklokServer({ secretName: "keys" }), {
        objects: [secret],
      });
      return JSON.stringify(children?.find(({ kind }) => kind === "StatefulSet"));
    };
    expect(await templateWith({ a: "MQ==", b: "Mg==" })).toBe(await templateWith({ b: "Mg==", a: "MQ==" }));
    expect(await templateWith({ a: "MQ==" })).not.toBe(await templateWith({ a: "Mg==" }));
  });

  it("says while proxies have not read their new configuration yet", async () => {
    const outcome = await reconcileOnce(controller, stacklokServer(), { objects: running(good) });
    expect(outcome.conditions).toContainEqual(
      expect.objectContaining({ type: "Progressing", status: "True", reason: "Reconfiguring" }),
    );
    expect(outcome.requeueAfterMs).toBe(2_000);
  });

  it.each(["StatefulSet", "Deployment"])("rolls out until Kubernetes has seen the change of a %s", async (kind) => {
    const objects = running(good).map((object) =>
      object.kind === kind ? { ...object, metadata: { ...object.metadata, generation: 2 } } : object,
    );
    const pods = kind === "StatefulSet" ? "server" : "proxy";
    const outcome = await reconcileOnce(controller, stacklokServer(), { objects });
    expect(outcome.conditions).toContainEqual({
      type: "Progressing",
      status: "True",
      reason: "RollingOut",
      message: `Towards 1 ${pods} pods of this generation`,
    });
  });

  it("rolls out until the last proxy of before is gone", async () => {
    const old = { ...workload("Deployment", 2), spec: { ...workload("Deployment", 1).spec } };
    const objects = [old, ...running(good).filter(({ kind }) => kind !== "Deployment")];
    const outcome = await reconcileOnce(controller, stacklokServer(), { objects });
    expect(outcome.conditions).toContainEqual(
      expect.objectContaining({ type: "Progressing", status: "True", reason: "RollingOut" }),
    );
  });

  it("says that the Gateway API is missing", async () => {
    const exposure = { hostname: "weather.example.com", httpRoute: { parentRefs: [{ name: "gateway" }], tls: true } };
    const outcome = await reconcileOnce(controller, stacklokServer({ exposure }), { objects: running(good) });
    expect(outcome.status).toMatchObject({ externalURL: "https://weather.example.com" });
    expect(outcome.conditions).toContainEqual(expect.objectContaining({ type: "Exposed" }));
  });

  it("asks for the command of an OCI image that speaks stdio", async () => {
    const outcome = await reconcileOnce(controller, stacklokServer({ image: "weather:1" }));
    expect(ready(outcome)).toMatchObject({ reason: "CommandMissing" });
    expect(ready(outcome)?.message).toContain('"weather:1"');
  });

  it("says that it is scaled to zero", async () => {
    expect(ready(await reconcileOnce(controller, stacklokServer({ replicas: 0 })))).toMatchObject({
      reason: "ScaledToZero",
    });
  });

  it("stays ready, but degraded, when a running server loses one of its pods", async () => {
    const server = stacklokServer({ replicas: 2 }, { phase: "Running" });
    const outcome = await reconcileOnce(controller, server, { objects: running(good) });
    expect(ready(outcome)?.status).toBe("True");
    expect(outcome.conditions).toContainEqual(
      expect.objectContaining({ type: "Degraded", status: "True", reason: "SomeServersUnavailable" }),
    );
  });
});
