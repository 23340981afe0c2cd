import { type ChildProcess, spawn } from "node:child_process";
import { join } from "node:path";
import { Client, loadKubeconfig } from "@moorage/kube-client";
import { Deployment } from "@moorage/kube-types/apps-v1";
import { Node, Pod } from "@moorage/kube-types/core-v1";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { eventually } from "../eventually.ts";
import { binary, end, hasBinaries, type Server, servers } from "./servers.ts";

const stages = join(import.meta.dirname, "../../tools/kube/kwok-stages.yaml");
const pods = 1_000;
const nodes = 4;
const withinMs = 240_000;

const [dev, real] = servers;
const cases = [
  { ...dev, scheduler: false },
  // A control plane without nodes has no scheduler of its own.
  { ...real, needs: [...real.needs, "kube-scheduler"], scheduler: true },
];
for (const { name, needs, start, scheduler } of cases) {
  const isPossible = hasBinaries(["kwok", ...needs], `kwok as the node agent on ${name}`);
  describe.skipIf(!isPossible)(`kwok as the node agent on ${name}`, () => playNodes(start, scheduler));
}

function playNodes(start: () => Promise<Server>, withScheduler: boolean): void {
  let server: Server;
  let client: Client;
  const programs: ChildProcess[] = [];
  const run = (program: string, ...flags: string[]) =>
    programs.push(spawn(binary(program), ["--kubeconfig", server.kubeconfig, ...flags], { stdio: "ignore" }));
  beforeAll(async () => {
    server = await start();
    client = new Client({ cluster: await loadKubeconfig({ paths: [server.kubeconfig] }), fieldManager: "e2e" });
    if (withScheduler) run("kube-scheduler", "--leader-elect=false", "--secure-port=0");
    run("kwok", "--config", stages, "--manage-all-nodes", "--server-address", "127.0.0.1:0");
    for (let count = 0; count < nodes; count++) {
      const name = `kwok-${count}`;
      await client.create(Node, { apiVersion: "v1", kind: "Node", metadata: { name }, spec: {} });
    }
  }, 120_000);
  afterAll(async () => {
    await Promise.all(programs.map((program) => end(program)));
    await client.close();
    await server.stop();
  });

  it(`makes a Deployment of ${pods} pods ready, and takes it down`, { timeout: 2 * withinMs + 90_000 }, async () => {
    await eventually("the nodes are ready", 60_000, async () => {
      const { items } = await client.list(Node, {});
      const ready = items.filter(({ status }) =>
        status?.conditions?.some(({ type, status: is }) => type === "Ready" && is === "True"),
      );
      return ready.length === nodes ? true : undefined;
    });
    const labels = { app: "many" };
    const key = { namespace: "default", name: "many" };
    const startedMs = performance.now();
    await client.create(Deployment, {
      apiVersion: "apps/v1",
      kind: "Deployment",
      metadata: key,
      spec: {
        replicas: pods,
        selector: { matchLabels: labels },
        template: { metadata: { labels }, spec: { containers: [{ name: "main", image: "example.com/any:1" }] } },
      },
    });
    await eventually("all pods are ready", withinMs, async () => {
      const { status } = await client.get(Deployment, key);
      if (status?.readyReplicas !== pods) throw new Error(JSON.stringify(status));
      return true;
    });
    const readyMs = performance.now();
    const { items } = await client.list(Pod, { namespace: "default" });
    // Not all of them different: kwok may make two pools of one CIDR when it hands out the first two at once.
    expect(items.filter(({ status }) => status?.podIP)).toHaveLength(pods);
    expect(new Set(items.map(({ spec }) => spec?.nodeName)).size).toBe(nodes);
    const deletedMs = performance.now();
    await client.delete(Deployment, key);
    await eventually("all pods are gone", withinMs, async () => {
      const left = (await client.list(Pod, { namespace: "default" })).items.length;
      if (left > 0) throw new Error(`${left} pods are left`);
      return true;
    });
    const seconds = (fromMs: number, toMs: number) => ((toMs - fromMs) / 1000).toFixed(1);
    console.info(
      `${pods} pods ready in ${seconds(startedMs, readyMs)} s, gone in ${seconds(deletedMs, performance.now())} s`,
    );
  });
}
