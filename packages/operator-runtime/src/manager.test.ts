import { PassThrough } from "node:stream";
import { ConfigMap } from "@moorage/kube-types/core-v1";
import { pino } from "pino";
import { describe, expect, it, onTestFinished } from "vitest";
import { Manager } from "./manager.ts";
import type { ManagerOptions } from "./manager-options.ts";
import { MemoryApiServer } from "./testing/memory-api/memory-api-server.ts";
import { SizeV2, sizeDefinition, sizes } from "./testing/sizes.ts";

const log = pino({ level: "silent" });
const idle = { name: "idle", for: ConfigMap, owns: [], reconcile: () => ({ conditions: [] }) };

async function started(
  options: Pick<MemoryApiServer["faults"], "refuse"> &
    Pick<Partial<ManagerOptions>, "cacheSyncTimeoutMs" | "log" | "webhooks"> = {},
) {
  const server = new MemoryApiServer();
  if (options.refuse) server.faults.refuse = options.refuse;
  const cluster = await server.start();
  const manager = new Manager({ log, ...options, cluster, metrics: { port: 0 }, probes: { port: 0 } });
  onTestFinished(async () => {
    await manager.stop();
    await server[Symbol.asyncDispose]();
  });
  manager.add(idle);
  return { server, manager };
}

const get = async (port: number | undefined, path: string) => {
  const answer = await fetch(`http://127.0.0.1:${port}${path}`);
  return { status: answer.status, text: await answer.text() };
};

describe("Manager", () => {
  it("serves metrics under both families of names, the process's own, and probes", async () => {
    const { manager } = await started();
    await manager.start();
    const { text } = await get(manager.ports.metrics, "/metrics");
    for (const name of [
      "reconcile_total",
      "reconcile_errors_total",
      "reconcile_duration_seconds_bucket",
      "controller_runtime_reconcile_total",
      "controller_runtime_reconcile_time_seconds_count",
      "workqueue_depth",
      "workqueue_adds_total",
      "rest_client_requests_total",
      "informer_objects",
      "informer_last_event_seconds",
      "process_cpu_seconds_total",
    ]) {
      expect(text, name).toContain(name);
    }
    expect((await get(manager.ports.probes, "/healthz")).status).toBe(200);
    expect(await get(manager.ports.probes, "/readyz")).toMatchObject({
      status: 200,
      text: expect.stringContaining("cache configmaps ok"),
    });
    expect((await get(manager.ports.probes, "/nothing")).status).toBe(404);
  });

  it("is alive but not ready while the API server refuses, and says why; stop() ends a start that waits", async () => {
    const { manager } = await started({ refuse: () => 403 });
    const starting = manager.start();
    while (manager.ports.probes === undefined) await new Promise((resolve) => setImmediate(resolve));
    let ready = await get(manager.ports.probes, "/readyz");
    while (!ready.text.includes("fault")) ready = await get(manager.ports.probes, "/readyz");
    expect([ready.status, (await get(manager.ports.probes, "/healthz")).status]).toEqual([503, 200]);
    await manager.stop();
    await starting;
  });

  it.each([
    [403, "Cannot watch ConfigMap"],
    [404, "Cannot watch ConfigMap: is its CustomResourceDefinition installed?"],
  ])("says in the log what it waits for when the API server answers %i", async (code, message) => {
    const lines = new PassThrough({ encoding: "utf8" });
    const { manager } = await started({ refuse: () => code, log: pino(lines) });
    const starting = manager.start();
    let text = "";
    for await (const line of lines) {
      text += line;
      if (text.includes("Cannot watch")) break;
    }
    const said: unknown = JSON.parse(text.trim().split("\n").at(-1) ?? "");
    expect(said).toMatchObject({ kind: "ConfigMap", msg: message, problem: expect.stringContaining("fault") });
    await manager.stop();
    await starting;
  });

  it("gives up after the time that it has for the caches, and says what it could not fetch", async () => {
    const { manager } = await started({ refuse: () => 403, cacheSyncTimeoutMs: 300 });
    await expect(manager.start()).rejects.toThrow(/within 300 ms: cache configmaps: .*fault/);
  });

  it("does not wait for kinds that it has to convert itself: a Service would not lead to it", async () => {
    const webhooks = { webhooks: [], conversions: [sizes], target: { url: "https://127.0.0.1:0" } };
    const address = { host: "127.0.0.1", port: 0 };
    const { manager, server } = await started({
      webhooks: { ...webhooks, address, namespace: "ops", name: "hooks" },
      refuse: (_method, path) => (path.includes("/v2/sizes") ? 500 : undefined),
    });
    manager.add({ ...idle, name: "sizes", for: SizeV2, reconcile: () => ({ conditions: [] }) });
    server.store.write("customresourcedefinitions", "sizes.try.dev", () => sizeDefinition, {
      ...{ manager: "x", operation: "Update", subresource: "" },
    });
    const starting = manager.start();
    let ready = { status: 0, text: "" };
    while (ready.status !== 200) {
      await new Promise((resolve) => setImmediate(resolve));
      if (manager.ports.probes !== undefined) ready = await get(manager.ports.probes, "/readyz");
    }
    expect(ready.text.trim()).toBe("[+] cache configmaps ok\n[+] webhooks ok");
    const { text } = await get(manager.ports.metrics, "/metrics");
    expect(text).toContain("controller_runtime_conversion_webhook_panics_total 0");
    await manager.stop();
    await starting;
  });

  it("leaves no connection behind when it stops", async () => {
    const { manager, server } = await started();
    await manager.start();
    expect(server.connections).toBeGreaterThan(0);
    await manager.stop();
    while (server.connections > 0) await new Promise((resolve) => setImmediate(resolve));
  });

  it.each([
    ["a name that is taken", idle, "idle"],
    ["a name that is no label", { ...idle, name: "Not A Label" }, "lower-case"],
  ])("refuses a controller with %s", async (_what, controller, said) => {
    const { manager } = await started();
    expect(() => manager.add(controller)).toThrow(said);
  });

  it("says that an address is in use", async () => {
    const first = await started();
    await first.manager.start();
    const port = first.manager.ports.metrics ?? 0;
    const second = new Manager({ cluster: first.manager.client.cluster, log, metrics: { port }, probes: false });
    await expect(second.start()).rejects.toThrow(String(port));
    await second.stop();
  });
});
