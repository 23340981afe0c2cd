/**
 * The WebApp operator on our runtime next to the same on Go's controller-runtime, on a real kube-apiserver.
 *
 * Usage: node bench/operator/main.ts [--sizes 1000,5000] [--idle-seconds 20] [--operators go,moorage].
 * Needs Go and the binaries of tools/kube/build.sh.
 */
import { parseArgs } from "node:util";
import { ourCrd, startCluster } from "../kube/cluster.ts";
import { writeSection } from "../kube/readme-section.ts";
import { buildBoth, type Contender, go, ours } from "./contenders.ts";
import { problemsOf, ratiosOf, sectionOf, tableOf } from "./report.ts";
import { play, type Result } from "./scenario.ts";

const { values } = parseArgs({
  options: {
    sizes: { type: "string", default: "1000,5000" },
    "idle-seconds": { type: "string", default: "60" },
    operators: { type: "string", default: "go,moorage" },
  },
});
const contenders = [go, ours].filter(({ name }) => values.operators.split(",").includes(name));
const idleMs = Number(values["idle-seconds"]) * 1000;

async function playAlone(contender: Contender, size: number): Promise<Result> {
  const cluster = await startCluster({ port: 6552, crds: [ourCrd("webapps.example.com")], builtInControllers: false });
  try {
    return await play(contender, cluster, { size, idleMs });
  } finally {
    await cluster.stop();
  }
}

await buildBoth();
const results: Result[] = [];
for (const size of values.sizes.split(",").map(Number)) {
  for (const contender of contenders) results.push(await playAlone(contender, size));
}
const table = tableOf(results);
const ratios = ratiosOf(results);
const problems = problemsOf(results);
// One alone is no comparison.
if (contenders.length > 1) await writeSection("operator", sectionOf(results));
for (const problem of problems) console.error(`PROBLEM: ${problem}`);
console.log(table);
console.log(JSON.stringify({ results, ratios, problems }));
process.exitCode = problems.length > 0 ? 1 : 0;
