import { fieldOf, listOf } from "../../field-of.ts";
import type { Stage } from "../../stage.ts";
import { patch, read, type Step } from "../../step.ts";
import { deployment, paths } from "../objects.ts";
import { conditionsOf, text } from "./play.ts";

/** The revision of a ReplicaSet. */
export const revisionOf = (replicaSet: unknown): string =>
  text(replicaSet, "metadata", "annotations", "deployment.kubernetes.io/revision");

/** The sizes of ReplicaSets during `act`, in the order in which they changed, after those that they had before. */
export async function sizesDuring(stage: Stage, act: () => Promise<unknown>): Promise<string[]> {
  const before = await replicaSets(stage);
  const watch = await stage.watchFromNow(paths.replicaSets);
  await act();
  const after = await replicaSets(stage);
  // The watch may be a moment behind.
  const events = await watch.until((all) => {
    const seen = new Set([...before, ...all.map(({ object }) => object)].map(versionOf));
    return after.every((replicaSet) => seen.has(versionOf(replicaSet)));
  });
  const last = new Map<string, unknown>();
  return [...before, ...events.map(({ object }) => object)].flatMap((replicaSet) => {
    const revision = revisionOf(replicaSet);
    const size = fieldOf(replicaSet, "spec", "replicas");
    if (last.get(revision) === size) return [];
    last.set(revision, size);
    return [`revision ${revision}: ${size}`];
  });
}

async function replicaSets(stage: Stage): Promise<readonly unknown[]> {
  return listOf((await stage.send(read(paths.replicaSets))).body, "items");
}

const versionOf = (object: unknown): string => text(object, "metadata", "resourceVersion");

/** A Deployment that is rolled out. */
export const running = (name: string, replicas: number, more: object = {}): object =>
  deployment(name, { replicas, paused: false, ...more });
/** Waits until so many pods of the newest template are available. */
export const available = (name: string, count: number) => (stage: Stage) =>
  stage.until(
    read(`${paths.deployments}/${name}`),
    ({ body }) =>
      (fieldOf(body, "status", "availableReplicas") ?? 0) === count &&
      (fieldOf(body, "status", "replicas") ?? 0) === count &&
      (fieldOf(body, "status", "updatedReplicas") ?? 0) === count &&
      (fieldOf(body, "status", "terminatingReplicas") ?? 0) === 0 &&
      fieldOf(body, "status", "observedGeneration") === fieldOf(body, "metadata", "generation"),
  );

/** What has become of the Deployment "a". */
export async function finalDeployment(stage: Stage, count: number): Promise<unknown> {
  const { body } = await available("a", count)(stage);
  const { lastTransitionTime: _time, ...status } = {
    ...Object(fieldOf(body, "status")),
    conditions: conditionsOf(body),
  };
  return { status, annotations: fieldOf(body, "metadata", "annotations"), spec: fieldOf(body, "spec") };
}

/** Gives the Deployment "a" another image. */
export const image = (name: string): Step =>
  patch("strategic", `${paths.deployments}/a`, {
    spec: { template: { spec: { containers: [{ name: "c", image: name }] } } },
  });
