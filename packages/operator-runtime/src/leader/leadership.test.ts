import { once } from "node:events";
import { Worker } from "node:worker_threads";
import { pino } from "pino";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { Manager } from "../manager.ts";
import { MemoryApiServer } from "../testing/memory-api/memory-api-server.ts";

let server: MemoryApiServer;
beforeEach(() => {
  server = new MemoryApiServer();
});
afterEach(() => server[Symbol.asyncDispose]());

const log = pino({ level: "silent" });
const lease = { namespace: "d", name: "l", leaseDurationMs: 3_000, renewDeadlineMs: 2_000, retryPeriodMs: 200 };

const configMaps = { group: "", version: "v1", kind: "ConfigMap", plural: "configmaps", namespaced: true };

/** Keeps this thread from doing anything else. */
function beBusyFor(ms: number): void {
  const end = performance.now() + ms;
  while (performance.now() < end);
}

describe("Leadership", () => {
  it("keeps the Lease and answers probes while the main thread is busy for longer than the Lease lasts", async () => {
    const thread = new Worker(new URL("../testing/memory-api/server-thread.ts", import.meta.url));
    const [url] = await once(thread, "message");
    const cluster = { server: String(url), namespace: "d" };
    const leaderElection = { ...lease, identity: "one" };
    const manager = new Manager({ cluster, log, metrics: false, probes: { port: 0 }, leaderElection });
    await manager.start();
    beBusyFor(4_000);
    const map = { apiVersion: "v1", kind: "ConfigMap", metadata: { namespace: "d", name: "x" } };
    await manager.client.apply(configMaps, map);
    const probe = await fetch(`http://127.0.0.1:${manager.ports.probes}/readyz`);
    expect(probe.status).toBe(200);
    expect(await manager.metrics.registry.getSingleMetricAsString("leader_election_master_status")).toContain(
      '{name="l"} 1',
    );
    await manager.stop();
  });

  it("writes nothing once the deadline has passed, and tells why it stopped", async () => {
    const cluster = await server.start();
    const manager = new Manager({
      cluster,
      log,
      metrics: false,
      probes: false,
      leaderElection: { ...lease, identity: "one" },
    });
    await manager.start();
    server.faults.refuse = (_method, path) => (path.includes("leases") ? 500 : undefined);
    const reason = await manager.leadershipLost;
    expect(reason.message).toContain("could not be renewed");
    const map = { apiVersion: "v1", kind: "ConfigMap", metadata: { namespace: "d", name: "x" } };
    await expect(manager.client.apply(configMaps, map)).rejects.toThrow("does not lead");
    expect(server.requests.some((line) => line.includes("configmaps"))).toBe(false);
    await manager.stop();
  });

  it("says that the probes' address is in use", async () => {
    const cluster = await server.start();
    const first = new Manager({ cluster, log, metrics: false, probes: { port: 0 } });
    await first.start();
    const probes = { port: first.ports.probes ?? 0 };
    const second = new Manager({ cluster, log, metrics: false, probes, leaderElection: { ...lease, identity: "two" } });
    await expect(second.start()).rejects.toThrow(String(probes.port));
    await second.stop();
    await first.stop();
  });
});
