import { setTimeout as sleep } from "node:timers/promises";
import type { Client } from "@moorage/kube-client";
import { Deployment } from "@moorage/kube-types/apps-v1";
import { WebApp } from "@moorage/resources";
import { type RequestCounts, totalOf, writesOf } from "../kube/audit-log.ts";
import type { BenchCluster } from "../kube/cluster.ts";
import { OperatorProcess } from "../kube/operator-process.ts";
import { forEach, type Watching, watchUntil } from "../kube/users.ts";
import type { Contender } from "./contenders.ts";

const namespace = "default";
const replicas = 1;
/** Drift and restart take a few seconds, of which chance is a large part: the median of so many counts. */
const rounds = 5;

/** What one part of the scenario took. */
export interface Figures {
  seconds: number;
  cpuSeconds: number;
  peakRssMb: number;
  requests: RequestCounts;
  /** Without lists and watches. */
  requestsPerObject: number;
  writes: number;
}

export interface Result {
  contender: Contender["name"];
  size: number;
  burst: Figures;
  idle: Figures;
  drift: Figures;
  restart: Figures;
}

/** Burst, idle time, drift and a cold restart, of one contender on a cluster of its own. */
export async function play(contender: Contender, cluster: BenchCluster, scale: { size: number; idleMs: number }) {
  const { size, idleMs } = scale;
  const names = Array.from({ length: size }, (_, number) => `app-${number}`);
  let operator = await OperatorProcess.start(contender, cluster.kubeconfig);
  await operator.drained(0);
  const measure = async (act: () => Promise<void>, objects: number): Promise<Figures> => {
    await cluster.audit.since(contender.userAgent);
    const [startedAt, startedCpu] = [performance.now(), await operator.cpuSeconds()];
    await act();
    const seconds = (performance.now() - startedAt) / 1000;
    const cpuSeconds = (await operator.cpuSeconds()) - startedCpu;
    const peakRssMb = await operator.peakRssMb();
    const requests = await cluster.audit.since(contender.userAgent);
    return {
      seconds,
      cpuSeconds,
      peakRssMb,
      requests,
      requestsPerObject: totalOf(requests) / objects,
      writes: writesOf(requests),
    };
  };
  const burst = await measure(() => createAll(cluster.client, names), size);
  // Events are written late, and belong to the burst.
  await sleep(2_000);
  addRequests(burst, await cluster.audit.since(contender.userAgent), size);
  const idle = await measure(() => sleep(idleMs), size);
  const drift = await medianRound(async (round) => {
    // A tenth, and another one each time.
    const edited = names.filter((_, number) => number % 10 === round);
    const corrected = corrections(cluster.client, edited);
    // A server that is busy listing is no part of what is measured.
    await corrected.started;
    return measure(async () => {
      await editAll(cluster.client, edited);
      await corrected.seen;
    }, edited.length);
  });
  const restart = await medianRound(async () => {
    await operator.stop();
    operator = await OperatorProcess.start(contender, cluster.kubeconfig);
    return measure(() => operator.drained(size), size);
  });
  await operator.stop();
  const result: Result = { contender: contender.name, size, burst, idle, drift, restart };
  return result;
}

async function medianRound(play: (round: number) => Promise<Figures>): Promise<Figures> {
  const all: Figures[] = [];
  for (let round = 0; round < rounds; round++) all.push(await play(round));
  const [median] = all.sort((left, right) => left.seconds - right.seconds).slice(Math.floor(rounds / 2));
  if (!median) throw new RangeError("There were no rounds");
  return median;
}

function addRequests(figures: Figures, late: RequestCounts, objects: number): void {
  for (const [name, count] of Object.entries(late)) figures.requests[name] = (figures.requests[name] ?? 0) + count;
  figures.requestsPerObject = totalOf(figures.requests) / objects;
  figures.writes = writesOf(figures.requests);
}

/** Resolves when every WebApp's status says that its Deployment is there. The Service is applied before the status. */
async function createAll(client: Client, names: readonly string[]): Promise<void> {
  const unfinished = new Set(names);
  const { seen } = watchUntil(client, WebApp, ({ metadata, status }) => {
    if (status?.phase === "WaitingForPodsReady") unfinished.delete(metadata.name);
    return unfinished.size === 0;
  });
  await forEach(names, (name) => {
    const spec = { image: "registry.example.com/shop:1.2.3", replicas, port: 8080 };
    return client.create(WebApp, { apiVersion: "example.com/v1", kind: "WebApp", metadata: { name, namespace }, spec });
  });
  await seen;
}

/** A watch for Deployments that are edited to be corrected. */
function corrections(client: Client, names: readonly string[]): Watching {
  const unfinished = new Set(names);
  return watchUntil(client, Deployment, ({ metadata, spec }) => {
    // Created, edited, corrected.
    if ((metadata.generation ?? 0) >= 3 && spec?.replicas === replicas) unfinished.delete(metadata.name);
    return unfinished.size === 0;
  });
}

/** Scales Deployments behind the operator's back. */
function editAll(client: Client, names: readonly string[]): Promise<void> {
  const options = { patchType: "merge", fieldManager: "somebody" } as const;
  return forEach(names, async (name) => {
    await client.patch(Deployment, { namespace, name }, { spec: { replicas: 3 } }, options);
  });
}
