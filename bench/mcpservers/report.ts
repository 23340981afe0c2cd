import type { RequestCounts } from "../kube/audit-log.ts";
import { tableText } from "../kube/readme-section.ts";
import { toolHiveVersion } from "./contenders.ts";
import type { Result } from "./scenario.ts";

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

const titles = { moorage: "moorage", toolhive: `ToolHive ${toolHiveVersion}` };

/** Each operator's figures next to the aims, and its requests by parts. */
export function tableOf(results: readonly Result[]): string {
  const figures = results.map(figuresOf);
  const compared = tableText([
    [`${results[0]?.size} proxied MCPServers`, ...results.map(({ contender }) => titles[contender]), "aim"],
    ...measures.map((measure) => [words[measure], ...figures.map((each) => each[measure]), `≤ ${aims[measure]}`]),
    ["requests per server, without lists and watches", ...results.map((each) => each.requestsPerServer.toFixed(2)), ""],
  ]);
  const parts = tableText([
    ["operator", "part", "seconds", "CPU s", "writes", "requests"],
    ...results.flatMap((result) =>
      (["burst", "settling", "idle"] as const).map((part) => {
        const { seconds, cpuSeconds, writes, requests } = result[part];
        const numbers = [seconds.toFixed(1), cpuSeconds.toFixed(1), writes];
        return [titles[result.contender], part, ...numbers, requestsText(requests)];
      }),
    ),
  ]);
  return [compared, parts].join("\n\n");
}

/** Ours divided by ToolHive's; nothing where either is missing, or theirs is none. */
export function ratiosOf(results: readonly Result[]): Partial<Record<Measure, number>> {
  const [ours, theirs] = (["moorage", "toolhive"] as const).map((name) =>
    results.find(({ contender }) => contender === name),
  );
  if (!ours || !theirs) return {};
  const [mine, other] = [figuresOf(ours), figuresOf(theirs)];
  const compared = measures.filter((measure) => other[measure] > 0);
  return Object.fromEntries(
    compared.map((measure) => [measure, Math.round((mine[measure] / other[measure]) * 100) / 100]),
  );
}

/** Which of our aims are missed; only for the size that they are about. */
export function problemsOf(result: Result): string[] {
  if (result.contender !== "moorage" || result.size !== 1000) return [];
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
