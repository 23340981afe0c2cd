/**
 * The WebApp operator on our runtime next to the same on Go's controller-runtime, on a real kube-apiserver.
 *
 * Usage: node bench/operator/main.ts [--sizes 1000,5000] [--idle-seconds 20]. Needs tools/kube/build.sh's binaries and Go.
 */
import { parseArgs } from "node:util";
import { startCluster } from "./cluster.ts";
import { buildGo, type Contender, go, ours } from "./operator-process.ts";
import { problemsOf, ratiosOf, tableOf, writeSection } from "./report.ts";
import { play, type Result } from "./scenario.ts";

const { values } = parseArgs({
  options: { sizes: { type: "string", default: "1000,5000" }, "idle-seconds": { type: "string", default: "60" } },
});
const idleMs = Number(values["idle-seconds"]) * 1000;

async function playAlone(contender: Contender, size: number): Promise<Result> {
  const cluster = await startCluster();
  try {
    return await play(contender, cluster, { size, idleMs });
  } finally {
    await cluster.stop();
  }
}

await buildGo();
const results: Result[] = [];
for (const size of values.sizes.split(",").map(Number)) {
  for (const contender of [go, ours]) results.push(await playAlone(contender, size));
}
const table = tableOf(results);
const ratios = ratiosOf(results);
const problems = problemsOf(results);
await writeSection("operator", [table, `Idle: ${values["idle-seconds"]} s.`].join("\n\n"));
for (const problem of problems) console.error(`PROBLEM: ${problem}`);
console.log(table);
console.log(JSON.stringify({ results, ratios, problems }));
process.exitCode = problems.length > 0 ? 1 : 0;
