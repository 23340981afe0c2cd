import { ConfigMap, Secret } from "@moorage/kube-types/core-v1";
import { pino } from "pino";
import { describe, expect, it, onTestFinished } from "vitest";
import { type Controller, watch } from "./controller.ts";
import { Manager } from "./manager.ts";
import { desired, ready, waiting } from "./outcome.ts";
import type { RemoteCluster } from "./remote-cluster.ts";
import { MemoryApiServer } from "./testing/memory-api/memory-api-server.ts";
import { App, app, configMap } from "./testing/operators-in-memory.ts";

const namespace = "default";

/** Copies what the Secret of an App's name says in another cluster to a ConfigMap in this one. */
function copying(there: RemoteCluster): Controller<App> {
  return {
    name: "copying",
    for: App,
    owns: [ConfigMap],
    watches: [watch(Secret, ({ metadata }) => [metadata], { cluster: there })],
    reconcile({ metadata }) {
      const secret = there.find(Secret, metadata);
      if (!secret) return waiting("NoSource", "The other cluster has no Secret of this name");
      const conditions = [ready("Copied", "The copy is as the original")];
      return desired([configMap(metadata.name, secret.stringData?.["text"] ?? "")], { conditions });
    },
  };
}

const secret = (name: string, text: string): Secret => ({
  ...{ apiVersion: "v1", kind: "Secret", metadata: { name, namespace } },
  stringData: { text },
});

/** A manager of one cluster that reads another, both in memory. */
async function pair(refuse?: MemoryApiServer["faults"]["refuse"]) {
  const [here, there] = [new MemoryApiServer(), new MemoryApiServer()];
  if (refuse) there.faults.refuse = refuse;
  const options = { log: pino({ level: "silent" }), probes: { port: 0 }, metrics: { port: 0 } };
  const manager = new Manager({ ...options, cluster: await here.start() });
  const remote = manager.addCluster("hub", { cluster: await there.start() });
  onTestFinished(async () => {
    await manager.stop();
    for (const server of [here, there]) await server[Symbol.asyncDispose]();
  });
  return { here, there, manager, remote };
}

const copyOf = (manager: Manager, name: string) => manager.cache.find(ConfigMap, { namespace, name })?.data?.["text"];

describe("a controller that reads another cluster", () => {
  it("makes children here of what is there, and follows its changes", async () => {
    const { manager, remote, there, here } = await pair();
    manager.add(copying(remote));
    await manager.start();
    await manager.client.apply(App, app("a"), { fieldManager: "user" });
    await remote.client.apply(Secret, secret("a", "one"), { fieldManager: "user" });
    await expect.poll(() => copyOf(manager, "a"), { timeout: 10_000 }).toBe("one");
    await remote.client.apply(Secret, secret("a", "two"), { fieldManager: "user" });
    await expect.poll(() => copyOf(manager, "a"), { timeout: 10_000 }).toBe("two");
    await remote.client.delete(Secret, { namespace, name: "a" });
    await expect.poll(() => remote.list(Secret).length, { timeout: 10_000 }).toBe(0);
    await manager.settled();
    // The last good copy serves on.
    expect(copyOf(manager, "a")).toBe("two");
    expect(there.requests.filter((request) => request.startsWith("WATCH"))).toEqual(["WATCH secrets"]);
    expect(here.requests).not.toContain("WATCH secrets");
  });

  it("does not start before the other cluster has been read, and names it until then", async () => {
    let refused = true;
    const { manager, remote, there } = await pair(() => (refused ? 403 : undefined));
    manager.add(copying(remote));
    const starting = manager.start();
    const readiness = async () => {
      const answer = await fetch(`http://127.0.0.1:${manager.ports.probes}/readyz`);
      return `${answer.status} ${await answer.text()}`;
    };
    await expect.poll(readiness, { timeout: 10_000 }).toMatch(/^503 .*cache hub secrets.*fault/s);
    refused = false;
    await starting;
    expect(await readiness()).toMatch(/^200 .*cache hub secrets ok/s);
    expect(await manager.metrics.text()).toContain(
      'informer_objects{remote_cluster="hub",resource="secrets",namespace=""} 0',
    );
    expect(await manager.metrics.text()).toContain('informer_objects{resource="apps",namespace=""} 0');
    await manager.stop();
    await expect.poll(() => there.connections).toBe(0);
  });

  it("refuses a second cluster of a name, one without, a late one, and a watch with a filter", async () => {
    const { manager, remote } = await pair();
    const cluster = { server: "http://127.0.0.1:1", namespace };
    expect(() => manager.addCluster("hub", { cluster })).toThrow('Cannot add cluster "hub": there is one of that name');
    expect(() => manager.addCluster("", { cluster })).toThrow("Cannot add a cluster without a name");
    const filtered = watch(Secret, () => [], { cluster: remote, labelSelector: "a=b" });
    expect(() => manager.add({ ...copying(remote), watches: [filtered] })).toThrow(
      'Cannot add controller "copying": its watch of Secret in cluster "hub" has a filter; use "scopes" of addCluster()',
    );
    await manager.start();
    expect(() => manager.addCluster("late", { cluster })).toThrow(
      'Cannot add cluster "late": the manager runs already',
    );
  });
});
