/**
 * 20,000 objects of 5 KB in the cache: at most 250 MB, and the event loop never blocked for more than 100 ms.
 *
 * Usage: node bench/cache/main.ts [COUNT]
 */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";

const count = process.argv[2] ?? "20000";

/** V8 flags that an image should start Node with: a small young generation and a limit give memory back early. */
const flags = ["--max-semi-space-size=4", "--max-old-space-size=256"];

function start(file: string, nodeFlags: readonly string[], ...args: string[]): ChildProcess {
  const program = join(import.meta.dirname, file);
  return spawn(process.execPath, [...nodeFlags, program, ...args], { stdio: ["ignore", "pipe", "inherit"] });
}

async function firstLine(child: ChildProcess): Promise<string> {
  const [chunk] = child.stdout ? await once(child.stdout, "data") : [""];
  return String(chunk).trim();
}

const server = start("server.ts", [], count);
const port = await firstLine(server);
const problems: string[] = [];
for (const nodeFlags of [[], flags]) {
  const operator = start("operator.ts", nodeFlags, port);
  const exited = once(operator, "exit");
  const result: Record<string, number> = JSON.parse(await firstLine(operator));
  await exited;
  const rounded = Object.fromEntries(
    Object.entries(result).map(([name, value]) => [name, Math.round(value * 100) / 100]),
  );
  console.log(nodeFlags.join(" ") || "(no flags)", rounded);
  if (nodeFlags === flags && (result["peakRssMb"] ?? 0) > 250) problems.push("more than 250 MB");
  if ((result["longestStallMs"] ?? 0) > 100) problems.push("the event loop was blocked for more than 100 ms");
}
server.kill();
for (const problem of problems) console.error(`PROBLEM: ${problem}`);
process.exitCode = problems.length > 0 ? 1 : 0;
