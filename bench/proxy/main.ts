import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { Load, type Measurement } from "./load.ts";
import { policyTarget } from "./policy-target.ts";
import {
  bareBridge,
  httpTargets,
  moorage,
  moorageShared,
  peers,
  start,
  startHTTPServer,
  type Target,
  type Usage,
} from "./targets.ts";

/**
 * Compares proxies in front of the same stdio server, in one run, interleaved, medians of the rounds.
 * Usage: npm run bench:proxy -- [--rounds 3] [--seconds 4] [--sessions 1,16,64] [--only NAME,NAME]
 */
const option = (name: string, initial: string) => {
  const index = process.argv.indexOf(`--${name}`);
  return index < 0 ? initial : (process.argv[index + 1] ?? initial);
};
const rounds = Number(option("rounds", "3"));
const milliseconds = Number(option("seconds", "4")) * 1000;
const sessionCounts = option("sessions", "1,16,64").split(",").map(Number);
const only = option("only", "").split(",");
const warmUpMs = 1000;
const firstPort = 19_300;

interface Row extends Measurement, Usage {
  /** CPU time of the proxy and its servers for one call, in microseconds: what other work on the machine changes least. */
  readonly cpuPerCall: number;
}

async function measure(target: Target, sessions: number, port: number): Promise<Row> {
  const running = await start(target, port);
  const load = new Load({ url: running.url, sessions, headers: target.headers ?? "" });
  try {
    await load.open();
    await load.run(warmUpMs);
    const { cpuSeconds: before } = running.usage();
    const measured = await load.run(milliseconds);
    const usage = running.usage();
    const calls = (measured.callsPerSecond * milliseconds) / 1000;
    return { ...measured, ...usage, cpuPerCall: ((usage.cpuSeconds - before) / calls) * 1e6 };
  } finally {
    load.close();
    await running.stop();
  }
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}

function medians(rows: readonly Row[]): Row {
  const of = (read: (row: Row) => number) => median(rows.map(read));
  return {
    callsPerSecond: of((row) => row.callsPerSecond),
    p50: of((row) => row.p50),
    p99: of((row) => row.p99),
    errors: Math.max(...rows.map(({ errors }) => errors)),
    cpuSeconds: of((row) => row.cpuSeconds),
    cpuPerCall: of((row) => row.cpuPerCall),
    ownMebibytes: of((row) => row.ownMebibytes),
    mebibytes: of((row) => row.mebibytes),
    processes: of((row) => row.processes),
  };
}

execFileSync(process.execPath, [fileURLToPath(new URL("../../tools/image/bundle.ts", import.meta.url))]);
const httpPort = firstPort - 1;
const httpServer = startHTTPServer(httpPort);
process.once("exit", () => httpServer.kill());
const policies = await policyTarget(firstPort);
const targets = [...[bareBridge, moorageShared, moorage, policies.target, ...peers], ...httpTargets(httpPort)].filter(
  ({ name }) => only.some((part) => name.includes(part)),
);
const columns = ["calls/s", "p50 ms", "p99 ms", "CPU µs/call", "RSS MiB", "with servers", "processes", "errors"];
let port = firstPort;
for (const sessions of sessionCounts) {
  const rows = new Map<string, Row[]>(targets.map(({ name }) => [name, []]));
  for (let round = 0; round < rounds; round += 1) {
    for (const target of targets) {
      port += 1;
      const row = await measure(target, sessions, target === policies.target ? firstPort : port);
      rows.get(target.name)?.push(row);
      console.error(`${target.name}, ${sessions} sessions: ${Math.round(row.callsPerSecond)} calls/s`);
    }
  }
  const heads = [`${sessions} sessions`, ...columns];
  console.log(`\n| ${heads.join(" | ")} |\n| ${heads.map(() => "---").join(" | ")} |`);
  for (const [name, measured] of rows) {
    const row = medians(measured);
    const { callsPerSecond, p50, p99, cpuPerCall, ownMebibytes, mebibytes, processes, errors } = row;
    const numbers = [callsPerSecond, p50, p99, cpuPerCall, ownMebibytes, mebibytes, processes, errors];
    console.log(`| ${[name, ...numbers.map(shown)].join(" | ")} |`);
  }
}
await policies.close();
httpServer.kill();

function shown(value: number): string {
  return value.toLocaleString("en", { maximumFractionDigits: value < 100 ? 2 : 0 });
}
