import { setTimeout as sleep } from "node:timers/promises";
import type { Client } from "@moorage/kube-client";
import { type RequestCounts, totalOf, writesOf } from "../kube/audit-log.ts";
import type { BenchCluster } from "../kube/cluster.ts";
import { OperatorProcess } from "../kube/operator-process.ts";
import { forEach, watchUntil } from "../kube/users.ts";
import type { Contender } from "./contenders.ts";

const namespace = "default";

/** What one part of the scenario took. */
export interface Figures {
  seconds: number;
  cpuSeconds: number;
  requests: RequestCounts;
  writes: number;
  statusWrites: number;
}

export interface Result {
  contender: Contender["name"];
  size: number;
  /** From the first creation until every server's children exist. */
  burst: Figures;
  /** From then until the cluster's own controllers have done their part: the operator follows what they say. */
  settling: Figures;
  idle: Figures;
  peakRssMb: number;
  /** Requests of the burst and the settling, without lists and watches. */
  requestsPerServer: number;
  statusWritesPerServer: number;
}

/** A burst of proxied MCPServers on a control plane without nodes, and an idle time. */
export async function play(
  contender: Contender,
  cluster: BenchCluster,
  { size, idleMs }: { size: number; idleMs: number },
): Promise<Result> {
  const { program } = contender;
  const names = Array.from({ length: size }, (_, number) => `server-${number}`);
  const operator = await OperatorProcess.start(program, cluster.kubeconfig);
  await operator.drained(0);
  const measure = async (act: () => Promise<void>): Promise<Figures> => {
    const [startedAt, startedCpu] = [performance.now(), await operator.cpuSeconds()];
    await act();
    const seconds = (performance.now() - startedAt) / 1000;
    const cpuSeconds = (await operator.cpuSeconds()) - startedCpu;
    const requests = await cluster.audit.since(program.userAgent);
    return { seconds, cpuSeconds, requests, writes: writesOf(requests), statusWrites: statusWritesOf(requests) };
  };
  await cluster.audit.since(program.userAgent);
  const burst = await measure(() => createAll(cluster.client, contender, names));
  const settling = await measure(() => settled(cluster.client, contender, size));
  const idle = await measure(() => sleep(idleMs));
  const peakRssMb = await operator.peakRssMb();
  await operator.stop();
  await checkChildren(cluster.client, contender, names);
  const requestsPerServer = (totalOf(burst.requests) + totalOf(settling.requests)) / size;
  const statusWritesPerServer = (burst.statusWrites + settling.statusWrites) / size;
  return {
    contender: contender.name,
    size,
    burst,
    settling,
    idle,
    peakRssMb,
    requestsPerServer,
    statusWritesPerServer,
  };
}

function statusWritesOf(requests: RequestCounts): number {
  const entries = Object.entries(requests).filter(([name]) => name.endsWith("mcpservers/status"));
  return entries.reduce((sum, [, count]) => sum + count, 0);
}

/** Resolves when every server's status tells that its children exist. */
async function createAll(client: Client, { type, spec, isMade }: Contender, names: readonly string[]): Promise<void> {
  const unfinished = new Set(names);
  const { seen } = watchUntil(client, type, (server) => {
    if (isMade(server)) unfinished.delete(server.metadata.name);
    return unfinished.size === 0;
  });
  const apiVersion = `${type.group}/${type.version}`;
  await forEach(names, (name) =>
    client.create(type, { apiVersion, kind: type.kind, metadata: { name, namespace }, spec }),
  );
  await seen;
}

/** Without nodes, the last that the cluster does is to create the pods; the operator's events come late as well. */
async function settled(client: Client, { workloads }: Contender, size: number): Promise<void> {
  const done = async () => {
    const lists = await Promise.all(workloads.map((type) => client.list(type, { namespace })));
    const made = lists.flatMap(({ items }) => items).filter(({ status }) => status?.replicas === 1);
    return made.length === workloads.length * size;
  };
  while (!(await done())) await sleep(2_000);
  await sleep(5_000);
}

/** @throws Error when a server lacks a child: then the figures mean nothing. */
async function checkChildren(client: Client, { children }: Contender, names: readonly string[]): Promise<void> {
  for (const [type, childrenOf] of children) {
    const { items } = await client.list(type, { namespace });
    const found = new Set(items.map(({ metadata }) => metadata.name));
    const missing = names.flatMap(childrenOf).filter((name) => !found.has(name));
    if (missing.length > 0) throw new Error(`${missing.length} of kind ${type.kind} are missing: ${missing[0]}, …`);
  }
}
