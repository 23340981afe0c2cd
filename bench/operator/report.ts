import { tableText } from "../kube/readme-section.ts";
import type { Figures, Result } from "./scenario.ts";

const phases = ["burst", "idle", "drift", "restart"] as const;

/** One row per size, part and contender, in Markdown. */
export function tableOf(results: readonly Result[]): string {
  const head = ["WebApps", "part", "operator", "seconds", "CPU s", "peak MB", "requests per object", "by verb"];
  const rows = results.flatMap((result) =>
    phases.map((phase) => {
      const { seconds, cpuSeconds, peakRssMb, requestsPerObject, requests } = result[phase];
      const verbs = Object.entries(requests).map(([name, count]) => `${name} ${count}`);
      const numbers = [seconds.toFixed(1), cpuSeconds.toFixed(1), peakRssMb.toFixed(0), requestsPerObject.toFixed(2)];
      return [result.size, phase, result.contender, ...numbers, verbs.sort().join(", ")];
    }),
  );
  return tableText([head, ...rows]);
}

/** Ours divided by Go's, per size and part. */
export function ratiosOf(results: readonly Result[]) {
  return pairsOf(results).map(({ size, ours, theirs }) => {
    const ratio = (pick: (figures: Figures) => number) =>
      Object.fromEntries(phases.map((phase) => [phase, round(pick(ours[phase]) / pick(theirs[phase]))]));
    return {
      size,
      seconds: ratio(({ seconds }) => seconds),
      cpuSeconds: ratio(({ cpuSeconds }) => cpuSeconds),
      peakMemory: round(peakOf(ours) / peakOf(theirs)),
    };
  });
}

/** What is not as it should be: slower than Go, too many requests, writes without a reason, too much memory. */
export function problemsOf(results: readonly Result[]): string[] {
  return pairsOf(results).flatMap(({ size, ours, theirs }) => {
    const memory = peakOf(ours) / peakOf(theirs);
    const slower = (["burst", "drift", "restart"] as const).filter(
      (phase) => ours[phase].seconds > theirs[phase].seconds * 1.05,
    );
    return [
      ...slower.map(
        (phase) =>
          `${size}: ${phase} takes ${ours[phase].seconds.toFixed(1)} s, Go's ${theirs[phase].seconds.toFixed(1)} s`,
      ),
      ...(ours.burst.requestsPerObject > 4
        ? [`${size}: ${ours.burst.requestsPerObject.toFixed(2)} requests per object`]
        : []),
      ...(["idle", "restart"] as const)
        .filter((phase) => ours[phase].writes > 0)
        .map((phase) => `${size}: ${ours[phase].writes} writes in "${phase}"`),
      ...(size >= 5000 && memory > 1.3 ? [`${size}: peak memory is ${memory.toFixed(2)} × Go's`] : []),
    ];
  });
}

/** What bench/README.md says: the table, ours divided by Go's, and how it was measured. */
export function sectionOf(results: readonly Result[]): string {
  const ratios = ratiosOf(results).map(({ size, seconds, cpuSeconds, peakMemory }) => {
    const numbers = [size, peakMemory, ...phases.map((phase) => `${seconds[phase]} / ${cpuSeconds[phase] || "–"}`)];
    return numbers;
  });
  const head = ["WebApps", "peak memory", ...phases.map((phase) => `${phase}: seconds / CPU`)];
  const how =
    "A kube-apiserver of its own for each operator; etcd without fsync, and the users on the same cores. Requests are from the API server's audit log, without lists and watches. On a machine with other work, seconds say little: compare CPU seconds. The idle part is the time that was asked for; drift and restart are the median of five rounds.";
  return [tableOf(results), "Ours divided by Go's:", tableText([head, ...ratios]), how].join("\n\n");
}

function pairsOf(results: readonly Result[]) {
  return [...new Set(results.map(({ size }) => size))].flatMap((size) => {
    const [theirs, ours] = (["go", "moorage"] as const).map((name) =>
      results.find((result) => result.size === size && result.contender === name),
    );
    return ours && theirs ? [{ size, ours, theirs }] : [];
  });
}

/** The most memory at any time: a cold restart is another process. */
function peakOf(result: Result): number {
  return Math.max(...phases.map((phase) => result[phase].peakRssMb));
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}
