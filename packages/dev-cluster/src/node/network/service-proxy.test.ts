import { connect, createServer, type Server, type Socket } from "node:net";
import { Service } from "@moorage/kube-types/core-v1";
import { EndpointSlice } from "@moorage/kube-types/discovery-v1";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { testApi } from "../../controllers/testing/test-cluster.ts";
import type { LocalApi } from "../../registry/local-api.ts";
import { freePort } from "../../testing/free-port.ts";
import { ServiceProxy } from "./service-proxy.ts";

let api: LocalApi;
let proxy: ServiceProxy;
let failures: string[];
let servers: Server[];

beforeEach(() => {
  api = testApi();
  failures = [];
  servers = [];
  proxy = new ServiceProxy(api, { hostAddress: "127.0.0.1", failed: (_service, message) => failures.push(message) });
});
afterEach(() => {
  proxy.close();
  for (const server of servers) server.close();
});

/** A server on an address of its own that handles each connection by `serve`. */
async function backend(address: string, port: number, serve: (socket: Socket) => void): Promise<void> {
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    socket.on("error", () => undefined);
    serve(socket);
  });
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(port, address, resolve));
}

function createService(port: number, spec: Service["spec"] = {}): string {
  const service: Service = {
    apiVersion: "v1",
    kind: "Service",
    metadata: { name: "web", namespace: "default" },
    spec: { ports: [{ port, targetPort: port }], ...spec },
  };
  return api.create(Service, service).spec?.clusterIP ?? "";
}

function setEndpoints(port: number, addresses: string[]): void {
  const key = { namespace: "default", name: "web-1" };
  const content = {
    endpoints: addresses.map((address) => ({ addresses: [address], conditions: { ready: true } })),
    ports: [{ name: "", port, protocol: "TCP" }],
  };
  const existing = api.get(EndpointSlice, key);
  if (existing) api.update(EndpointSlice, { ...existing, ...content });
  else {
    const metadata = { ...key, labels: { "kubernetes.io/service-name": "web" } };
    api.create(EndpointSlice, {
      apiVersion: "discovery.k8s.io/v1",
      kind: "EndpointSlice",
      metadata,
      addressType: "IPv4",
      ...content,
    });
  }
}

/** What the server answers to `request`, until it ends; the error's code when it fails. */
function ask(host: string, port: number, request = ""): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect({ host, port, allowHalfOpen: true }, () => socket.end(request));
    let answer = "";
    socket.on("data", (chunk) => {
      answer += chunk;
    });
    socket.once("end", () => resolve(answer));
    socket.once("error", (error) => resolve("code" in error ? String(error.code) : error.message));
  });
}

describe("ServiceProxy", () => {
  it("forwards to endpoints in turn, and refuses when there is none", async () => {
    const port = await freePort();
    await backend("127.0.61.1", port, (socket) => socket.end("one"));
    await backend("127.0.61.2", port, (socket) => socket.end("two"));
    const host = createService(port);
    expect(await ask(host, port)).toBe("ECONNREFUSED");
    setEndpoints(port, ["127.0.61.1", "127.0.61.2"]);
    await expect.poll(() => ask(host, port)).toMatch(/one|two/);
    expect([await ask(host, port), await ask(host, port)].sort()).toEqual(["one", "two"]);
    setEndpoints(port, []);
    await expect.poll(() => ask(host, port)).toBe("ECONNREFUSED");
  });

  it("lets the client end its half and still read the answer", async () => {
    const port = await freePort();
    await backend("127.0.61.3", port, (socket) => {
      let size = 0;
      socket.on("data", (chunk) => {
        size += chunk.length;
      });
      socket.once("end", () => socket.end(String(size)));
    });
    const host = createService(port);
    setEndpoints(port, ["127.0.61.3"]);
    await expect.poll(() => ask(host, port, "x".repeat(1_000_000))).toBe("1000000");
  });

  it("tries another endpoint when one refuses", async () => {
    const port = await freePort();
    await backend("127.0.61.4", port, (socket) => socket.end("alive"));
    const host = createService(port);
    setEndpoints(port, ["127.0.61.5", "127.0.61.4"]);
    await expect.poll(() => ask(host, port)).toBe("alive");
    expect(await Promise.all([ask(host, port), ask(host, port), ask(host, port)])).toEqual(["alive", "alive", "alive"]);
  });

  it("passes a reset on", async () => {
    const port = await freePort();
    await backend("127.0.61.6", port, (socket) => socket.once("data", () => socket.resetAndDestroy()));
    const host = createService(port);
    setEndpoints(port, ["127.0.61.6"]);
    await expect.poll(() => ask(host, port, "x")).toBe("ECONNRESET");
  });

  it("keeps connections that are open when their endpoint leaves", async () => {
    const port = await freePort();
    await backend("127.0.61.7", port, (socket) => socket.pipe(socket));
    const host = createService(port);
    setEndpoints(port, ["127.0.61.7"]);
    await expect.poll(() => ask(host, port, "up")).toBe("up");
    const socket = connect({ host, port });
    const echoed = () => new Promise<string>((resolve) => socket.once("data", (chunk) => resolve(String(chunk))));
    socket.write("a");
    expect(await echoed()).toBe("a");
    setEndpoints(port, []);
    await expect.poll(() => ask(host, port)).toBe("ECONNREFUSED");
    socket.write("b");
    expect(await echoed()).toBe("b");
    socket.destroy();
  });

  it("sends a client to the same endpoint with affinity", async () => {
    const port = await freePort();
    await backend("127.0.61.8", port, (socket) => socket.end("one"));
    await backend("127.0.61.9", port, (socket) => socket.end("two"));
    const host = createService(port, { sessionAffinity: "ClientIP" });
    setEndpoints(port, ["127.0.61.8", "127.0.61.9"]);
    await expect.poll(() => ask(host, port)).toMatch(/one|two/);
    const answers = await Promise.all(Array.from({ length: 6 }, () => ask(host, port)));
    expect(new Set(answers).size).toBe(1);
  });

  it("says what to do when it cannot listen", async () => {
    const port = await freePort();
    const host = createService(port);
    await backend(host, port, (socket) => socket.end("squatter"));
    setEndpoints(port, ["127.0.61.10"]);
    await expect.poll(() => failures).toHaveLength(1);
    expect(failures[0]).toBe(
      `Cannot listen on ${host}:${port}: another program uses the port; stop it, or give the Service another port`,
    );
  });
});
