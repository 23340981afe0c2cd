import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { get } from "node:http";
import { createInterface } from "node:readline";
import { text } from "node:stream/consumers";
import { Client, loadKubeconfig } from "@moorage/kube-client";
import { Pod, Service } from "@moorage/kube-types/core-v1";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { eventually } from "../eventually.ts";
import { binary, end, hasBinaries, type Server, startDev } from "./servers.ts";

const hasKubectl = hasBinaries(["kubectl"], "kubectl port-forward on the dev cluster");
const key = { namespace: "default", name: "web" };
const labels = { app: "web" };
/** Answers with as many bytes as its path says, and knows the request's number. */
const code = `let n = 0; require("node:http").createServer((q, s) => {
  n++; s.end(n + ":" + "x".repeat(Number(q.url.slice(1)) || 0)); }).listen(8080);`;

describe.skipIf(!hasKubectl)("kubectl port-forward on the dev cluster", () => {
  let server: Server;
  let client: Client;
  let forward: ChildProcess | undefined;
  beforeAll(async () => {
    server = await startDev({ node: { environment: process.env, images: { "test/runner": { runner: true } } } });
    client = new Client({ cluster: await loadKubeconfig({ paths: [server.kubeconfig] }), fieldManager: "e2e" });
    const container = { name: "web", image: "test/runner:1", command: [process.execPath, "-e", code] };
    await client.create(Pod, {
      apiVersion: "v1",
      kind: "Pod",
      metadata: { ...key, labels },
      spec: { containers: [{ ...container, readinessProbe: { httpGet: { port: 8080 } } }] },
    });
    await client.create(Service, {
      apiVersion: "v1",
      kind: "Service",
      metadata: key,
      spec: { selector: labels, ports: [{ port: 80, targetPort: 8080 }] },
    });
    await eventually("the pod is ready", 20_000, async () => {
      const { status } = await client.get(Pod, key);
      return status?.conditions?.some(({ type, status: is }) => type === "Ready" && is === "True") ? true : undefined;
    });
  }, 60_000);
  afterEach(async () => {
    if (forward) await end(forward);
    forward = undefined;
  });
  afterAll(async () => {
    await client.close();
    await server.stop();
  });

  /** Starts forwarding from a port that kubectl chooses. */
  async function forwardTo(target: string, port: number): Promise<number> {
    const flags = ["--kubeconfig", server.kubeconfig, "port-forward", target, `:${port}`];
    const child = spawn(binary("kubectl"), flags, { stdio: ["ignore", "pipe", "inherit"] });
    forward = child;
    const [line] = await once(createInterface({ input: child.stdout }), "line");
    return Number(/127\.0\.0\.1:(\d+)/.exec(String(line))?.[1]);
  }

  async function bytesFrom(port: number, count: number): Promise<number> {
    const [response] = await once(get({ host: "127.0.0.1", port, path: `/${count}`, agent: false }), "response");
    const body = await text(response);
    return body.slice(body.indexOf(":") + 1).length;
  }

  it.each([
    ["a pod", "pod/web", 8080],
    ["a Service, by its own port", "service/web", 80],
  ])("reaches %s", async (_, target, port) => {
    const local = await forwardTo(target, port);
    expect(await bytesFrom(local, 10)).toBe(10);
    const sizes = Array.from({ length: 20 }, (_, index) => index * 1_000);
    expect(await Promise.all(sizes.map((size) => bytesFrom(local, size)))).toEqual(sizes);
    expect(await bytesFrom(local, 8_000_000)).toBe(8_000_000);
  });

  it("says so when nothing listens, and the pod goes on", async () => {
    const local = await forwardTo("pod/web", 9999);
    await expect(bytesFrom(local, 1)).rejects.toThrow(/socket hang up|ECONNRESET/);
    expect((await client.get(Pod, key)).status?.phase).toBe("Running");
  });
});
