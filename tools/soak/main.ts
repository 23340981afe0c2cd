/**
 * Keeps a proxy busy with clients that come and go in every way, and fails where memory, descriptors or processes grow,
 * an answer is wrong, or anything is left at the end.
 *
 * Usage: node tools/soak/main.ts [--minutes N]   (default: 60)
 */
import { once } from "node:events";
import { setTimeout as delay } from "node:timers/promises";
import { parseArgs } from "node:util";
import { churn, type Tally } from "./churn.ts";
import { type Levels, levelsOf, medianOf } from "./levels.ts";
import { idleSeconds, startProxy } from "./proxy.ts";

const clients = 4;
/** The proxy looks for idle sessions every five seconds. */
const settleMs = (idleSeconds + 10) * 1000;
const sampleMs = 2000;
/** More than this is growth: caches fill, and the garbage collector waits for a reason to work. */
const underLoadAtMost: Levels = { mebibytes: 32, descriptors: 24, children: 24 };
/** Some descriptors are our own connections, which are kept open. */
const leftAtMost: Levels = { mebibytes: 32, descriptors: 16, children: 0 };

const { values } = parseArgs({ options: { minutes: { type: "string", default: "60" } } });
const minutes = Number(values.minutes);
if (!(minutes > 0)) throw new Error(`--minutes must be a positive number, but is "${values.minutes}"`);

const { proxy, pid, url, memory } = await startProxy();
const start = levelsOf(pid);
const samples = await underLoad();
await delay(settleMs);
const end = levelsOf(pid);
proxy.kill("SIGTERM");
const [exitCode] = await once(proxy, "exit");

const third = Math.floor(samples.length / 3);
// The first third is warm-up.
const [middle, last] = [medianOf(samples.slice(third, 2 * third)), medianOf(samples.slice(2 * third))];
console.table({ start, "second third": middle, "last third": last, end });
const problems = [
  ...growth("under load", { before: middle, after: last, atMost: underLoadAtMost }),
  ...growth("from start to end", { before: { ...start, mebibytes: last.mebibytes }, after: end, atMost: leftAtMost }),
  ...(exitCode === 0 ? [] : [`The proxy ended with code ${exitCode} on SIGTERM`]),
];
for (const problem of problems) console.error(problem);
process.exitCode = problems.length > 0 ? 1 : 0;

async function underLoad(): Promise<Levels[]> {
  const taken: Levels[] = [];
  const tally: Tally = { sessions: 0, calls: 0, wrong: [] };
  const over = AbortSignal.timeout(minutes * 60_000);
  const load = Promise.all(Array.from({ length: clients }, () => churn(url, tally, over)));
  const sampling = setInterval(() => {
    taken.push(levelsOf(pid));
    if (taken.length % 15 === 0) void report(tally, taken.at(-1));
  }, sampleMs);
  await load.finally(() => clearInterval(sampling));
  console.error(`${tally.sessions} sessions, ${tally.calls} calls, ${tally.wrong.length} wrong answers`);
  if (tally.wrong.length > 0) throw new Error(`Wrong answers:\n${tally.wrong.join("\n")}`);
  return taken;
}

async function report(tally: Tally, levels: Levels | undefined): Promise<void> {
  console.error(JSON.stringify({ ...tally, ...levels, ...(await memory().catch(() => ({}))) }));
}

function growth(when: string, { before, after, atMost }: Record<"before" | "after" | "atMost", Levels>): string[] {
  const [from, to] = [withoutPipes(before), withoutPipes(after)];
  return (["mebibytes", "descriptors", "children"] as const).flatMap((level) =>
    to[level] - from[level] > atMost[level] ? [`${level} grew ${when}: from ${from[level]} to ${to[level]}`] : [],
  );
}

/** How many sessions there are at a moment is chance; each has a process with three pipes. */
function withoutPipes({ descriptors, ...levels }: Levels): Levels {
  return { ...levels, descriptors: descriptors - 3 * levels.children };
}
