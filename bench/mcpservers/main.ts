/**
 * A thousand MCPServers at once, on a real control plane without nodes, with the operator as its image runs it, next to
 * ToolHive's.
 *
 * Usage: node bench/mcpservers/main.ts [--size 1000] [--idle-seconds 60] [--port 6600] [--operators moorage,toolhive]
 * [--record]. Needs Go and the binaries of tools/kube/build.sh. `--record` puts the table into bench/README.md.
 */
import { availableParallelism, loadavg } from "node:os";
import { parseArgs } from "node:util";
import { startCluster } from "../kube/cluster.ts";
import { writeSection } from "../kube/readme-section.ts";
import { type Contender, moorage, toolHive } from "./contenders.ts";
import { figuresOf, problemsOf, ratiosOf, tableOf } from "./report.ts";
import { play, type Result } from "./scenario.ts";

const { values } = parseArgs({
  options: {
    size: { type: "string", default: "1000" },
    "idle-seconds": { type: "string", default: "60" },
    port: { type: "string", default: "6600" },
    operators: { type: "string", default: "moorage,toolhive" },
    record: { type: "boolean", default: false },
  },
});
const how =
  "MCPServers of either operator, over stdio; a kube-apiserver, etcd without fsync and a " +
  "kube-controller-manager of its own for each, on the same cores, no node: pods stay pending, so no server becomes ready, " +
  "and ToolHive's proxies, which make the servers' StatefulSets there, make none. Requests are from the API server's " +
  "audit log. The idle minute begins when the cluster's own controllers have made the pods. " +
  "On a machine with other work, seconds say little: compare CPU seconds.";

async function measure(contender: Contender): Promise<Result> {
  const { crds } = contender;
  const cluster = await startCluster({ port: Number(values.port), crds, builtInControllers: true });
  try {
    return await play(contender, cluster, { size: Number(values.size), idleMs: Number(values["idle-seconds"]) * 1000 });
  } finally {
    await cluster.stop();
  }
}

const wanted = values.operators.split(",");
const contenders: Contender[] = [];
if (wanted.includes("moorage")) contenders.push(await moorage());
if (wanted.includes("toolhive")) contenders.push(await toolHive());
const loadBefore = loadavg()[0] ?? 0;
const results: Result[] = [];
for (const contender of contenders) results.push(await measure(contender));
const load = `Load of ${loadBefore.toFixed(1)} on ${availableParallelism()} cores before it began.`;
const table = tableOf(results);
const problems = results.flatMap(problemsOf);
if (values.record) await writeSection("mcpservers", `${table}\n\n${how} ${load}`);
for (const problem of problems) console.error(`PROBLEM: ${problem}`);
console.log(table);
const figures = Object.fromEntries(results.map((result) => [result.contender, figuresOf(result)]));
console.log(JSON.stringify({ figures, ratios: ratiosOf(results), results, problems }));
process.exitCode = problems.length > 0 ? 1 : 0;
