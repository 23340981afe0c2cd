import { existsSync } from "node:fs";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Figures, Result } from "./scenario.ts";

const phases = ["burst", "idle", "drift", "restart"] as const;
const readme = join(import.meta.dirname, "../README.md");

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
  return [head, head.map(() => "---"), ...rows].map((cells) => `| ${cells.join(" | ")} |`).join("\n");
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
      peakRssMb: ratio(({ peakRssMb }) => peakRssMb),
    };
  });
}

/** What is not as it should be: slower than Go, too many requests, writes without a reason, too much memory. */
export function problemsOf(results: readonly Result[]): string[] {
  return pairsOf(results).flatMap(({ size, ours, theirs }) => {
    const memory = Math.max(...phases.map((phase) => ours[phase].peakRssMb / theirs[phase].peakRssMb));
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

/** Puts `text` under its heading in bench/README.md, in the place of what was there; other sections stay. */
export async function writeSection(heading: string, text: string): Promise<void> {
  const before = existsSync(readme) ? await readFile(readme, "utf8") : "# Benchmarks\n";
  const sections = before.split(/^(?=## )/m).filter((section) => !section.startsWith(`## ${heading}\n`));
  const joined = [...sections.map((section) => section.trimEnd()), `## ${heading}\n\n${text}`].join("\n\n");
  await writeFile(readme, `${joined}\n`);
}

function pairsOf(results: readonly Result[]) {
  return [...new Set(results.map(({ size }) => size))].flatMap((size) => {
    const [theirs, ours] = (["go", "moorage"] as const).map((name) =>
      results.find((result) => result.size === size && result.contender === name),
    );
    return ours && theirs ? [{ size, ours, theirs }] : [];
  });
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}
