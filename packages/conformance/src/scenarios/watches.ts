import { fieldOf } from "../field-of.ts";
import type { Scenario, Script } from "../scenario.ts";
import type { Stage } from "../stage.ts";
import { create, patch, read, remove, type StepAnswer } from "../step.ts";
import type { WatchEvent } from "../watch-log.ts";
import { configMap, deployment, paths } from "./objects.ts";
import { definitions, ownKind } from "./own-kind.ts";

const maps = paths.configMaps;
const watchPath = (query = ""): string => `${maps}?watch=1&timeoutSeconds=30${query}`;
const byLabel = watchPath("&labelSelector=x%3Dy");
const ofLabel = `${maps}?labelSelector=x%3Dy`;
const atLeast = (count: number) => (events: readonly WatchEvent[]) => events.length >= count;
const labelled = (name: string, x = "y") => configMap(name, {}, { labels: { x } });
const versionOf = ({ body }: StepAnswer): string => String(fieldOf(body, "metadata", "resourceVersion"));
/** The root certificate's ConfigMap comes in its own time: a selection keeps it out. */
const ofName = "&fieldSelector=metadata.name%3Da";

/** The version that a list of now has. */
async function versionNow(stage: Stage): Promise<string> {
  return versionOf(await stage.send(read(maps)));
}

const scripts: [name: string, script: Script][] = [
  [
    "from nothing: what is there comes first",
    async (stage) => {
      await stage.send(create(maps, labelled("a")));
      return stage.watch(byLabel).until(atLeast(1));
    },
  ],
  [
    "from a version: only what comes after it",
    async (stage) => {
      await stage.send(create(maps, labelled("a")));
      const version = await versionNow(stage);
      await stage.sendAll([create(maps, labelled("b")), remove(`${maps}/a`)]);
      return stage.watch(`${byLabel}&resourceVersion=${version}`).until(atLeast(2));
    },
  ],
  [
    "added, changed, deleted",
    async (stage) => {
      const watch = await stage.watchFromNow(ofLabel);
      await stage.sendAll([
        create(maps, labelled("a")),
        patch("merge", `${maps}/a`, { data: { k: "v" } }),
        remove(`${maps}/a`),
      ]);
      return watch.until(atLeast(3));
    },
  ],
  [
    "a change of nothing is no event",
    async (stage) => {
      await stage.send(create(maps, labelled("a")));
      const watch = await stage.watchFromNow(ofLabel);
      await stage.sendAll([patch("merge", `${maps}/a`, {}), patch("merge", `${maps}/a`, { data: { k: "v" } })]);
      return watch.until(atLeast(1));
    },
  ],
  [
    "into a selection by label, and out of it",
    async (stage) => {
      const watch = await stage.watchFromNow(ofLabel);
      await stage.sendAll([
        create(maps, labelled("a", "no")),
        patch("merge", `${maps}/a`, { metadata: { labels: { x: "y" } } }),
        patch("merge", `${maps}/a`, { data: { k: "v" } }),
        patch("merge", `${maps}/a`, { metadata: { labels: { x: "no" } } }),
        remove(`${maps}/a`),
        create(maps, labelled("end")),
      ]);
      return watch.until(atLeast(4));
    },
  ],
  [
    "into a selection by field, and out of it",
    async (stage) => {
      const watch = await stage.watchFromNow(`${paths.pods}?fieldSelector=status.phase%3DRunning`);
      await stage.sendAll([
        create(paths.pods, {
          metadata: { name: "a" },
          spec: { schedulerName: "none", containers: [{ name: "c", image: "web" }] },
        }),
        patch("merge", `${paths.pods}/a/status`, { status: { phase: "Running" } }),
        patch("merge", `${paths.pods}/a/status`, { status: { phase: "Succeeded" } }),
      ]);
      return watch.until(atLeast(2));
    },
  ],
  [
    "initial events, with a mark at their end",
    async (stage) => {
      await stage.sendAll([create(maps, labelled("a")), create(maps, labelled("b"))]);
      const query = "&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true";
      const watch = stage.watch(`${byLabel}${query}`);
      await watch.until(atLeast(3));
      await stage.send(create(maps, labelled("c")));
      const all = await watch.until((events) => events.at(-1)?.type === "ADDED" && events.length > 3);
      // Where it stands is told again in a server's own time.
      return [...all.slice(0, 3), all.at(-1)];
    },
  ],
  [
    "initial events of nothing",
    async (stage) => {
      const query = "&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true";
      return stage.watch(`${byLabel}${query}`).until(atLeast(1));
    },
  ],
  [
    "initial events since a version",
    async (stage) => {
      await stage.send(create(maps, labelled("a")));
      const query = `&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true&resourceVersion=${await versionNow(stage)}`;
      return stage.watch(`${byLabel}${query}`).until(atLeast(2));
    },
  ],
  [
    "no initial events, and a mark where it stands",
    async (stage) => {
      await stage.send(create(maps, labelled("a")));
      const query = `&sendInitialEvents=false&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true&resourceVersion=${await versionNow(stage)}`;
      const watch = stage.watch(`${byLabel}${query}`);
      await stage.send(create(maps, labelled("b")));
      return watch.until(atLeast(1));
    },
  ],
  [
    "a bookmark before the time is over",
    async (stage) => {
      const log = stage.watch(`${maps}?watch=1&timeoutSeconds=4&allowWatchBookmarks=true&labelSelector=x%3Dy`);
      // How often the version is told again in the last seconds is chance.
      return new Set(
        (await log.untilEnd()).map(({ type, object }) =>
          JSON.stringify({ type, marks: fieldOf(object, "metadata", "annotations") }),
        ),
      )
        .values()
        .toArray();
    },
  ],
  [
    "the end when the time is over",
    async (stage) => {
      const started = Date.now();
      const log = stage.watch(`${maps}?watch=1&timeoutSeconds=1&labelSelector=x%3Dy`);
      const events = await log.untilEnd();
      return { events, isOver: log.isOver, seconds: Math.round((Date.now() - started) / 1000) };
    },
  ],
  [
    "tables",
    async (stage) => {
      const accept = "application/json;as=Table;v=v1;g=meta.k8s.io";
      await stage.send(create(maps, configMap("a", { k: "v" })));
      const [first] = await stage.watch(watchPath(ofName), { accept }).until(atLeast(1));
      return { type: first?.type, cells: fieldOf(first?.object, "rows", "0", "cells", "0") };
    },
  ],
  [
    "metadata only",
    async (stage) => {
      const accept = "application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io";
      await stage.send(create(maps, configMap("a", { k: "v" })));
      return stage.watch(watchPath(ofName), { accept }).until(atLeast(1));
    },
  ],
  [
    "one object by its name",
    async (stage) => {
      await stage.sendAll([create(maps, configMap("a")), create(maps, configMap("b"))]);
      const watch = stage.watch(watchPath(ofName));
      await watch.until(atLeast(1));
      await stage.sendAll([remove(`${maps}/b`), remove(`${maps}/a`)]);
      return watch.until(atLeast(2));
    },
  ],
  [
    "the old form of the path",
    async (stage) => {
      await stage.send(create(maps, configMap("a")));
      return stage.watch("/api/v1/watch/namespaces/{ns}/configmaps/a?timeoutSeconds=2").until(atLeast(1));
    },
  ],
  [
    "every namespace",
    async (stage) => {
      const watch = stage.watch(`/api/v1/configmaps?watch=1&timeoutSeconds=30&labelSelector=in%3D{ns}`);
      await stage.send(create(maps, configMap("a", {}, { labels: { in: "{ns}" } })));
      return watch.until(atLeast(1));
    },
  ],
  [
    "another version of a kind",
    async (stage) => {
      await stage.send(
        create(paths.autoscalers, {
          metadata: { name: "a" },
          spec: { maxReplicas: 3, scaleTargetRef: { apiVersion: "apps/v1", kind: "Deployment", name: "none" } },
        }),
      );
      const path = "/apis/autoscaling/v1/namespaces/{ns}/horizontalpodautoscalers?watch=1&timeoutSeconds=30";
      const [first] = await stage.watch(path).until(atLeast(1));
      return { type: first?.type, spec: fieldOf(first?.object, "spec") };
    },
  ],
  [
    "a generation's changes in their order",
    async (stage) => {
      const watch = await stage.watchFromNow(`${paths.deployments}?fieldSelector=metadata.name%3Da`);
      await stage.send(create(paths.deployments, deployment("a")));
      for (const seconds of [1, 2, 3])
        await stage.send(patch("merge", `${paths.deployments}/a`, { spec: { minReadySeconds: seconds } }));
      const isLast = ({ object }: WatchEvent) => fieldOf(object, "metadata", "generation") === 4;
      const events = await watch.until((all) => all.some(isLast));
      const seen = events.map(({ object }) => fieldOf(object, "spec", "minReadySeconds") ?? 0);
      return seen.filter((seconds, index) => seconds !== seen[index - 1]);
    },
  ],
  [
    "no version means now, after what is there",
    async (stage) => {
      await stage.send(create(maps, labelled("a")));
      const watch = stage.watch(`${byLabel}&resourceVersion=0`);
      await watch.until(atLeast(1));
      await stage.send(create(maps, labelled("b")));
      return watch.until(atLeast(2));
    },
  ],
  [
    "several watchers see the same",
    async (stage) => {
      const from = `${byLabel}&resourceVersion=${await versionNow(stage)}`;
      const watches = Array.from({ length: 5 }, () => stage.watch(from));
      for (const name of ["a", "b", "c"]) await stage.send(create(maps, labelled(name)));
      const seen = await Promise.all(watches.map((watch) => watch.until(atLeast(3))));
      return new Set(seen.map((events) => JSON.stringify(events))).size;
    },
  ],
  [
    "deleted with a finalizer: a change first",
    async (stage) => {
      const watch = await stage.watchFromNow(ofLabel);
      await stage.sendAll([
        create(maps, configMap("a", {}, { labels: { x: "y" }, finalizers: ["example.com/hold"] })),
        remove(`${maps}/a`),
        patch("merge", `${maps}/a`, { metadata: { finalizers: null } }),
      ]);
      const events = await watch.until(atLeast(3));
      return events.map(({ type, object }) => [type, fieldOf(object, "metadata", "finalizers")]);
    },
  ],
  [
    "a collection that is deleted",
    async (stage) => {
      const watch = await stage.watchFromNow(ofLabel);
      await stage.sendAll([
        create(maps, labelled("a")),
        create(maps, labelled("b")),
        remove(`${maps}?labelSelector=x%3Dy`),
      ]);
      const events = await watch.until(atLeast(4));
      return events.map(({ type, object }) => `${type} ${fieldOf(object, "metadata", "name")}`).sort();
    },
  ],
  [
    "a kind that is defined later",
    async (stage) => {
      const path = "/apis/{ns}.example.com/v1/namespaces/{ns}/things";
      const before = await stage.send(read(`${path}?watch=1`));
      const version = { name: "v1", served: true, storage: true, schema: { openAPIV3Schema: { type: "object" } } };
      await stage.send(create(definitions, ownKind([version])));
      await stage.send({ ...read(path), until: 200 });
      const watch = stage.watch(`${path}?watch=1&timeoutSeconds=30`);
      await stage.send(create(path, { apiVersion: "{ns}.example.com/v1", kind: "Thing", metadata: { name: "a" } }));
      const events = await watch.until(atLeast(1));
      await stage.send(remove(`${definitions}/things.{ns}.example.com`));
      return { before, events: [...events].slice(0, 1) };
    },
  ],
];

const refused: [name: string, path: string][] = [
  ["a version that is none", `${maps}?watch=1&timeoutSeconds=2&resourceVersion=x`],
  ["initial events without a match", `${maps}?watch=1&timeoutSeconds=2&sendInitialEvents=true`],
  [
    "initial events that match exactly",
    `${maps}?watch=1&timeoutSeconds=2&sendInitialEvents=true&resourceVersionMatch=Exact`,
  ],
  ["a match without initial events", `${maps}?watch=1&timeoutSeconds=2&resourceVersionMatch=NotOlderThan`],
  ["initial events of a list", `${maps}?sendInitialEvents=true&resourceVersionMatch=NotOlderThan`],
  ["a bad selector", `${maps}?watch=1&timeoutSeconds=2&labelSelector=a%20b%20c`],
  ["an unknown field", `${maps}?watch=1&timeoutSeconds=2&fieldSelector=data.x%3D1`],
  ["an unknown resource", "/api/v1/namespaces/{ns}/foos?watch=1"],
];

/** Watches: what they begin with, what they say of changes, and how they end. */
export const watchScenarios: readonly Scenario[] = [
  ...scripts.map(([name, steps]) => ({ name: `watching: ${name}`, steps })),
  ...refused.map(([name, path]) => ({ name: `watching: ${name}`, steps: [read(path)] })),
];
