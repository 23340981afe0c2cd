/**
 * A thousand MCPServers at once, on a real control plane without nodes, with the operator as its image runs it.
 *
 * Usage: node bench/mcpservers/main.ts [--size 1000] [--idle-seconds 60] [--port 6600] [--record].
 * Needs the binaries of tools/kube/build.sh. `--record` puts the table into bench/README.md.
 */
import { availableParallelism, loadavg } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { bundle } from "../kube/bundle.ts";
import { startCluster } from "../kube/cluster.ts";
import { operatorEnvironment, type Program } from "../kube/operator-process.ts";
import { writeSection } from "../kube/readme-section.ts";
import { figuresOf, problemsOf, tableOf } from "./report.ts";
import { play, type Result } from "./scenario.ts";

const { values } = parseArgs({
  options: {
    size: { type: "string", default: "1000" },
    "idle-seconds": { type: "string", default: "60" },
    port: { type: "string", default: "6600" },
    record: { type: "boolean", default: false },
  },
});
const crds = [
  "mcpservers.mcp.mcp.dev",
  "mcpservers.mcp.stacklok.com",
  "toolconfigs.mcp.stacklok.com",
  "webapps.example.com",
];
const how =
  "Servers of `mcp.stacklok.com` over stdio; kube-apiserver, etcd without fsync, and kube-controller-manager on the same " +
  "cores, no node: pods stay pending, so no server becomes ready. Requests are from the API server's audit log. The idle " +
  "minute begins when the cluster's own controllers have made the pods. " +
  "On a machine with other work, seconds say little: compare CPU seconds.";

const operator = await bundle(join(import.meta.dirname, "../../apps/operator/src/main.ts"), "operator");

const program: Program = {
  userAgent: "moorage",
  command: (kubeconfig, port) => ({
    program: "env",
    args: [
      ...operatorEnvironment,
      process.execPath,
      operator,
      `--kubeconfig=${kubeconfig}`,
      `--metrics-bind-address=127.0.0.1:${port}`,
      "--health-probe-bind-address=127.0.0.1:0",
    ],
  }),
};

async function measure(): Promise<Result> {
  const cluster = await startCluster({ port: Number(values.port), crds, builtInControllers: true });
  try {
    return await play(program, cluster, { size: Number(values.size), idleMs: Number(values["idle-seconds"]) * 1000 });
  } finally {
    await cluster.stop();
  }
}

const loadBefore = loadavg()[0] ?? 0;
const result = await measure();
const load = `Load of ${loadBefore.toFixed(1)} on ${availableParallelism()} cores before it began.`;
const table = tableOf(result);
const problems = problemsOf(result);
if (values.record) await writeSection("mcpservers", `${table}\n\n${how} ${load}`);
for (const problem of problems) console.error(`PROBLEM: ${problem}`);
console.log(table);
console.log(JSON.stringify({ ...figuresOf(result), result, problems }));
process.exitCode = problems.length > 0 ? 1 : 0;
