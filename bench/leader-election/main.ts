/**
 * Three replicas on a real API server; the leader is killed, stopped for 20 s, and cut off.
 *
 * Fails when two of them ever write in turn, when the hand-over takes longer than the Lease lasts (and a retry), or
 * when a stale leader writes. Usage: node bench/leader-election/main.ts [KUBECONFIG]; without, it starts a control
 * plane of its own and records the figures.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { loadavg, tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { Client, loadKubeconfig, Reflector } from "@moorage/kube-client";
import { ConfigMap, Namespace } from "@moorage/kube-types/core-v1";
import { startCluster } from "../kube/cluster.ts";
import { tableText, writeSection } from "../kube/readme-section.ts";
import { type CutOff, tcpProxy } from "./tcp-proxy.ts";

/** The Lease's duration, a retry with its jitter, and a second for a busy machine. */
const takeOverMs = 15_000 + 2_000 * 1.2 + 1_000;

interface Write {
  at: number;
  writer: string;
}

interface Replica {
  identity: string;
  process: ChildProcess;
  proxy: CutOff;
}

const writes: Write[] = [];
const replicas = new Map<string, Replica>();
const problems: string[] = [];
const results: [string, string, number][] = [];
const given = process.argv[2];
const load = loadavg()[0] ?? 0;
const own = given ? undefined : await startCluster({ port: 6556, crds: [], builtInControllers: true });
const cluster = await loadKubeconfig({ paths: [given ?? own?.kubeconfig ?? ""] });
const client = new Client({ cluster });
const folder = await mkdtemp(join(tmpdir(), "moorage-leader-"));
let born = 0;

// However this ends, no replica stays behind.
process.on("exit", () => {
  for (const { process: child } of replicas.values()) child.kill("SIGKILL");
});

async function startReplica(): Promise<void> {
  born += 1;
  const identity = `replica-${born}`;
  const proxy = await tcpProxy(new URL(cluster.server));
  const file = join(folder, identity);
  await writeFile(file, kubeconfigThrough(proxy.port));
  const program = join(import.meta.dirname, "replica.ts");
  const child = spawn(process.execPath, [program, file, identity], { stdio: ["ignore", "inherit", "inherit"] });
  replicas.set(identity, { identity, process: child, proxy });
  child.once("exit", () => {
    replicas.delete(identity);
    proxy.close();
  });
}

function kubeconfigThrough(port: number): string {
  const server = `https://127.0.0.1:${port}`;
  return JSON.stringify({
    "current-context": "c",
    contexts: [{ name: "c", context: { cluster: "c", user: "u" } }],
    clusters: [{ name: "c", cluster: { server, "insecure-skip-tls-verify": true } }],
    users: [{ name: "u", user: { token: cluster.token?.data } }],
  });
}

/** The replica that wrote last. */
function leader(): Replica {
  const found = replicas.get(writes.at(-1)?.writer ?? "");
  if (!found) throw new Error("Nobody leads");
  return found;
}

async function awaitWriter(other: string, limitMs: number): Promise<number> {
  const deadline = performance.now() + limitMs;
  while (performance.now() < deadline) {
    const last = writes.at(-1);
    if (last && last.writer !== other) return last.at;
    await sleep(20);
  }
  problems.push(`nobody took over from ${other || "nobody"} within ${limitMs} ms`);
  return performance.now();
}

/** Does `harm` to the leader and judges the hand-over. */
async function scenario(name: string, harm: (leader: Replica) => Promise<void>): Promise<void> {
  while (replicas.size < 3) await startReplica();
  await sleep(3_000);
  const old = leader();
  const before = writes.length;
  const harming = harm(old);
  const takenOverAt = await awaitWriter(old.identity, takeOverMs + 5_000);
  await harming;
  await sleep(3_000);
  const lastOld = writes.findLast(({ writer }) => writer === old.identity)?.at ?? 0;
  const gapMs = Math.round(takenOverAt - lastOld);
  const since = writes.slice(before);
  const stale = since
    .slice(since.findIndex(({ writer }) => writer !== old.identity))
    .filter(({ writer }) => writer === old.identity);
  if (stale.length > 0) problems.push(`${name}: ${stale.length} writes of the stale leader after the hand-over`);
  if (gapMs > takeOverMs) problems.push(`${name}: the hand-over took ${gapMs} ms`);
  console.log(`${name}: hand-over after ${gapMs} ms, ${stale.length} stale writes`);
  results.push([name, (gapMs / 1000).toFixed(1), stale.length]);
  if (replicas.has(old.identity)) old.process.kill("SIGKILL");
}

await client.apply(Namespace, { apiVersion: "v1", kind: "Namespace", metadata: { name: "leader-bench" }, spec: {} });
const metadata = { namespace: "leader-bench", name: "beat", labels: { "leader-bench": "yes" } };
await client.apply(ConfigMap, { apiVersion: "v1", kind: "ConfigMap", metadata });
const stop = new AbortController();
const sink = {
  restarted() {},
  upserted({ data }: ConfigMap) {
    if (data?.["writer"]) writes.push({ at: performance.now(), writer: data["writer"] });
  },
  removed() {},
  synced() {},
  progressed() {},
};
const reflector = new Reflector({
  client,
  type: ConfigMap,
  sink,
  namespace: "leader-bench",
  labelSelector: "leader-bench",
});
const watching = reflector.run(stop.signal);

for (let n = 0; n < 3; n++) await startReplica();
await awaitWriter("", 30_000);
await scenario("SIGTERM", async ({ process: child }) => void child.kill("SIGTERM"));
await scenario("SIGKILL", async ({ process: child }) => void child.kill("SIGKILL"));
await scenario("SIGSTOP for 20 s", async ({ process: child }) => {
  child.kill("SIGSTOP");
  await sleep(20_000);
  const exited = once(child, "exit");
  child.kill("SIGCONT");
  const ended = await Promise.race([exited, sleep(10_000, "still alive")]);
  if (ended === "still alive") problems.push("the stale leader did not end");
});
await scenario("cut off from the API server", async ({ proxy, process: child }) => {
  const exited = once(child, "exit");
  proxy.cut();
  const ended = await Promise.race([exited, sleep(25_000, "still alive")]);
  if (ended === "still alive") problems.push("the cut-off leader did not end");
});

const alive = [...replicas.values()].map(({ process: child }) => {
  const exited = once(child, "exit");
  child.kill("SIGTERM");
  return exited;
});
await Promise.all(alive);
stop.abort();
await watching;
await client.delete(Namespace, { name: "leader-bench" });
await client.close();
await rm(folder, { recursive: true });
if (own) {
  await own.stop();
  const head = ["what happens to the leader", "seconds without a write", "writes of the stale leader after that"];
  const how = `Three replicas on a kube-apiserver, each behind a proxy that can be cut; the leader writes ten times a second. A Lease of 15 s, renewed every 2 s. Load of ${load.toFixed(1)} on 2 cores before it began.`;
  await writeSection("leader-election", `${tableText([head, ...results])}\n\n${how}`);
}
for (const problem of problems) console.error(`PROBLEM: ${problem}`);
process.exit(problems.length > 0 ? 1 : 0);
