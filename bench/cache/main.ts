/**
 * 20,000 objects of 5 KB in the cache: at most 250 MB, and the event loop never blocked for more than 100 ms. Next to
 * the informers of client-go and of @kubernetes/client-node, on the same server.
 *
 * Usage: node bench/cache/main.ts [COUNT]. Needs Go.
 */
import { type ChildProcess, execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { loadavg } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { bundle, programs } from "../kube/bundle.ts";
import { operatorEnvironment } from "../kube/operator-process.ts";
import { tableText, writeSection } from "../kube/readme-section.ts";

/** What a contender prints when its cache is complete. */
interface Result {
  seconds: number;
  cpuSeconds: number;
  peakRssMb: number;
  objects: number;
  /** Of the event loop; Go has none. */
  longestStallMs?: number;
}

const count = Number(process.argv[2] ?? 20_000);
const here = (file: string) => join(import.meta.dirname, file);
const load = loadavg()[0] ?? 0;

function start(program: string, ...args: string[]): ChildProcess {
  const child = spawn(program, args, { stdio: ["ignore", "pipe", "inherit"] });
  process.once("exit", () => child.kill("SIGKILL"));
  return child;
}

async function firstLine(child: ChildProcess): Promise<string> {
  const [chunk] = child.stdout ? await once(child.stdout, "data") : [""];
  return String(chunk).trim();
}

const goProgram = join(programs, "go-cache");
await promisify(execFile)("go", ["build", "-o", goProgram, "."], { cwd: here("go") });
const ours = await bundle(here("operator.ts"), "cache");
const server = start(process.execPath, here("server.ts"), String(count));
const port = await firstLine(server);

async function resultOf(program: string, ...args: string[]): Promise<Result> {
  const contender = start(program, ...args, port);
  const exited = once(contender, "exit");
  const result: Result = JSON.parse(await firstLine(contender));
  await exited;
  if (result.objects !== count) throw new Error(`${program} ${args.join(" ")} holds ${result.objects} of ${count}`);
  return result;
}

const results = {
  moorage: await resultOf("env", ...operatorEnvironment, process.execPath, ours),
  "client-go, SharedInformer": await resultOf(goProgram),
  "@kubernetes/client-node, makeInformer": await resultOf(process.execPath, here("client-node.ts")),
};
server.kill();

const rows = Object.entries(results).map(([name, { seconds, cpuSeconds, peakRssMb, longestStallMs }]) => [
  name,
  seconds.toFixed(1),
  cpuSeconds.toFixed(1),
  peakRssMb.toFixed(0),
  longestStallMs?.toFixed(0) ?? "–",
]);
const head = [`${count.toLocaleString("en")} Pods of 5 KB`, "seconds", "CPU s", "peak MB", "longest stall (ms)"];
const how = `From the start of the watch to a complete cache. The server and one client on 2 cores, JSON without TLS; a third of the bytes are managedFields, which client-node keeps and the others drop. Ours runs as the image does. Aim: at most 250 MB and 100 ms. Load of ${load.toFixed(1)} before it began.`;
const table = tableText([head, ...rows]);
await writeSection("cache", `${table}\n\n${how}`);
console.log(table);

const { peakRssMb, longestStallMs = 0 } = results.moorage;
const problems = [
  ...(peakRssMb > 250 ? ["more than 250 MB"] : []),
  ...(longestStallMs > 100 ? ["the event loop was blocked for more than 100 ms"] : []),
];
for (const problem of problems) console.error(`PROBLEM: ${problem}`);
process.exitCode = problems.length > 0 ? 1 : 0;
