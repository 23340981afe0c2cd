import { fieldOf, listOf } from "../../field-of.ts";
import type { Scenario, Script } from "../../scenario.ts";
import type { Stage } from "../../stage.ts";
import { patch, read, remove, type Step } from "../../step.ts";
import type { WatchEvent, WatchLog } from "../../watch-log.ts";
import { paths } from "../objects.ts";

/** Metadata with a name. */
export const meta = (name: string) => ({ metadata: { name } });
/** A text in an answer by its path; empty where there is none. */
export const text = (value: unknown, ...path: string[]): string => String(fieldOf(value, ...path) ?? "");

/** Names that a server makes up are told apart by their beginning only. */
export const stem = (name: string): string => name.replace(/(-[a-z0-9]{5,10})+$/, "-*");

/** Plays the node: pods run, are ready, and go when they are told to. There is no node on either server. */
export async function playNode(stage: Stage, isReady: (name: string) => boolean = () => true): Promise<WatchLog> {
  const watch = stage.watch(`${paths.pods}?watch=1&timeoutSeconds=60`);
  const onChange = async (events: readonly WatchEvent[], from: number): Promise<void> => {
    for (const { type, object } of events.slice(from)) await act(stage, type, object, isReady);
    const next = await watch.until((all) => all.length > events.length, 60_000);
    if (!watch.isOver && next.length > events.length) await onChange([...next], events.length);
  };
  void onChange([], 0);
  return watch;
}

async function act(stage: Stage, type: string, pod: unknown, isReady: (name: string) => boolean): Promise<void> {
  const name = text(pod, "metadata", "name");
  const path = `${paths.pods}/${name}`;
  if (type === "ADDED") await stage.send(run(path, isReady(name)));
  if (type === "MODIFIED" && fieldOf(pod, "metadata", "deletionTimestamp")) {
    await stage.send(remove(path, { gracePeriodSeconds: 0 }));
  }
}

/** Says of a pod that it runs, as its node would. */
export const run = (path: string, isReady = true, extra: object = {}): Step =>
  patch("strategic", `${path}/status`, {
    status: {
      phase: "Running",
      podIP: "10.0.0.1",
      podIPs: [{ ip: "10.0.0.1" }],
      conditions: [{ type: "Ready", status: isReady ? "True" : "False", lastTransitionTime: "2026-01-01T00:00:00Z" }],
      ...extra,
    },
  });

/** What a watch has said, as lines, each only once in a row. */
export function story(watch: WatchLog, line: (event: WatchEvent) => string): string[] {
  const lines = watch.events.map(line).filter((each) => each !== "");
  return lines.filter((each, index) => each !== lines[index - 1]);
}

/** What became of pods, but not how they changed. */
export const podLine = ({ type, object }: WatchEvent): string =>
  type === "MODIFIED" ? "" : `${type} ${text(object, "metadata", "name")}`;

/** Reasons and messages of events about objects of a kind, without what is made up, once the last one has come. */
export async function eventsOf(stage: Stage, kind: string, last: string): Promise<unknown> {
  const list = read(`/api/v1/namespaces/{ns}/events?fieldSelector=involvedObject.kind%3D${kind}`);
  const hasLast = (answer: { body: unknown }) =>
    listOf(answer.body, "items").some((event) => text(event, "message").includes(last));
  const { body } = await stage.until(list, last === "" ? () => true : hasLast);
  const items = listOf(body, "items").map((event) => ({
    reason: fieldOf(event, "reason"),
    type: fieldOf(event, "type"),
    message: text(event, "message").replace(/-[a-z0-9]{5,10}(-[a-z0-9]{5})?\b/g, "-*"),
  }));
  return items.map((item) => JSON.stringify(item)).sort();
}

/** The conditions of an object, without what is made up. */
export const conditionsOf = (object: unknown): unknown =>
  listOf(object, "status", "conditions")
    .map((condition) => ({
      type: fieldOf(condition, "type"),
      status: fieldOf(condition, "status"),
      reason: fieldOf(condition, "reason"),
      message: text(condition, "message").replace(/-[a-z0-9]{9,10}\b/g, "-*"),
    }))
    .sort((left, right) => (String(left.type) < String(right.type) ? -1 : 1));

/** The first pods, once there are so many of them. */
export async function podsOf(stage: Stage, count: number, query = ""): Promise<readonly unknown[]> {
  const { body } = await stage.until(
    read(`${paths.pods}?${query}`),
    (answer) => listOf(answer.body, "items").length === count,
  );
  return listOf(body, "items");
}
/** The name of an object. */
export const nameOf = (object: unknown): string => text(object, "metadata", "name");

/** Scripts as scenarios of the group. */
export function scenariosOf(scripts: readonly [name: string, script: Script][]): Scenario[] {
  return scripts.map(([name, steps]) => ({ name: `controllers: ${name}`, steps }));
}
