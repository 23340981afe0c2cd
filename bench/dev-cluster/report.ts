import { tableText, writeSection } from "../kube/readme-section.ts";
import type { Figures } from "./measure.ts";

const texts: Readonly<Record<string, string>> = {
  startFirstMs: "start to ready, the very first time: nothing is compiled yet (ms)",
  startColdMs: "start to ready, empty folder (ms)",
  startWarmMs: "start to ready, folder known (ms)",
  sourcesColdMs: "start to ready from the repository's sources, empty folder (ms)",
  sourcesWarmMs: "start to ready from the repository's sources, folder known (ms)",
  createsPerSecond: "creates a second, 8 clients",
  updatesPerSecond: "updates a second, 8 clients",
  appliesPerSecond: "server-side applies a second, 8 clients",
  readsPerSecond: "consistent reads a second, 8 clients",
  cachedReadsPerSecond: "reads at resourceVersion=0 a second, 8 clients",
  list10000Ms: "list of 10,000 objects (ms)",
  list10000CachedMs: "list of 10,000 objects at resourceVersion=0 (ms)",
  watchEventsPerSecond: "events a second to 100 watchers",
  memoryIdleMiB: "memory, just started (MiB)",
  memoryFullMiB: "memory after the loads and 10,000 objects (MiB)",
  memoryWatchersMiB: "memory after 100 watchers (MiB)",
};

/** How many times better the dev cluster is: more of what is a rate, less of the rest. */
function ratioOf(name: string, { dev, real }: { dev: Figures; real: Figures }): number | undefined {
  const [ours, theirs] = [dev[name], real[name]];
  if (ours === undefined || theirs === undefined) return undefined;
  return Number((name.endsWith("PerSecond") ? ours / theirs : theirs / ours).toFixed(2));
}

/** Prints the table and the JSON line, and puts the table into bench/README.md in place of the one before. */
export async function writeReport({ dev, real, machine }: { dev: Figures; real: Figures; machine: string }) {
  const ratios = Object.fromEntries(Object.keys(dev).map((name) => [name, ratioOf(name, { dev, real })]));
  const number = (value: number | undefined) => (value === undefined ? "" : Math.round(value).toLocaleString("en"));
  const rows = Object.keys(dev).map((name) => [
    texts[name] ?? name,
    number(dev[name]),
    number(real[name]),
    ratios[name] ?? "",
  ]);
  const table = tableText([["", "dev cluster", "kube-apiserver + etcd", "times better"], ...rows]);
  const behind = Object.entries(ratios).flatMap(([name, ratio]) =>
    ratio !== undefined && ratio < 1 ? [texts[name]] : [],
  );
  const why =
    behind.length === 0
      ? ""
      : `\n\nNot ahead: ${behind.join("; ")}. One thread does it all here; kube-apiserver uses every core.`;
  const notes = `${machine}; the npm package of \`moorage\`, without node and operator. ConfigMaps of 300 bytes over TLS, the client on the same cores; etcd without fsync.${why}`;
  await writeSection("dev-cluster", `${table}\n\n${notes}`);
  console.log(`${table}\n\n${notes}`);
  console.log(JSON.stringify({ dev, real, ratios }));
}
