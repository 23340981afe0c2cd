import type { RequestCounts } from "../kube/audit-log.ts";
import { tableText } from "../kube/readme-section.ts";
import type { Result } from "./scenario.ts";

/** What ToolHive's operator 0.44.0 took on the same machine and the same control plane. */
const toolHive = { seconds: 111, statusWritesPerServer: 17, idleStatusWrites: 4_242, peakRssMb: 146, cpuSeconds: 22 };
/** The product's own aims, for 1,000 servers. */
const aims = { seconds: 15, statusWritesPerServer: 2, idleStatusWrites: 0, peakRssMb: 150, cpuSeconds: 12 };

type Measure = keyof typeof aims;

const words: Readonly<Record<Measure, string>> = {
  seconds: "seconds until every child exists",
  statusWritesPerServer: "status writes per server",
  idleStatusWrites: "status writes in an idle minute",
  peakRssMb: "peak memory (MB)",
  cpuSeconds: "CPU seconds, burst and settling",
};

const measures: readonly Measure[] = [
  "seconds",
  "statusWritesPerServer",
  "idleStatusWrites",
  "peakRssMb",
  "cpuSeconds",
];

/** The figures that there are aims for. */
export function figuresOf({
  burst,
  settling,
  idle,
  peakRssMb,
  statusWritesPerServer,
}: Result): Record<Measure, number> {
  return {
    seconds: round(burst.seconds),
    statusWritesPerServer: round(statusWritesPerServer),
    idleStatusWrites: Math.round((idle.statusWrites * 60) / idle.seconds),
    peakRssMb: Math.round(peakRssMb),
    cpuSeconds: round(burst.cpuSeconds + settling.cpuSeconds),
  };
}

/** The table next to ToolHive's figures and the aims, and the requests of each part. */
export function tableOf(result: Result): string {
  const figures = figuresOf(result);
  const compared = tableText([
    [`${result.size} proxied MCPServers`, "moorage", "ToolHive 0.44.0", "aim"],
    ...measures.map((measure) => [words[measure], figures[measure], toolHive[measure], `≤ ${aims[measure]}`]),
  ]);
  const parts = tableText([
    ["part", "seconds", "CPU s", "writes", "requests"],
    ...(["burst", "settling", "idle"] as const).map((part) => {
      const { seconds, cpuSeconds, writes, requests } = result[part];
      return [part, seconds.toFixed(1), cpuSeconds.toFixed(1), writes, requestsText(requests)];
    }),
  ]);
  return [
    compared,
    `${result.requestsPerServer.toFixed(2)} requests per server, without lists and watches.`,
    parts,
  ].join("\n\n");
}

/** Which aims are missed; only for the size that they are about. */
export function problemsOf(result: Result): string[] {
  if (result.size !== 1000) return [];
  const figures = figuresOf(result);
  return measures
    .filter((measure) => figures[measure] > aims[measure])
    .map((measure) => `${words[measure]}: ${figures[measure]}, and the aim is ${aims[measure]}`);
}

function requestsText(requests: RequestCounts): string {
  const texts = Object.entries(requests).map(([name, count]) => `${name} ${count}`);
  return texts.sort().join(", ");
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
