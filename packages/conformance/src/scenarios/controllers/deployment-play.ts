import { fieldOf } from "../../field-of.ts";
import type { Stage } from "../../stage.ts";
import { patch, read, type Step } from "../../step.ts";
import type { WatchLog } from "../../watch-log.ts";
import { deployment, paths } from "../objects.ts";
import { conditionsOf, text } from "./play.ts";

/** The revision of a ReplicaSet. */
export const revisionOf = (replicaSet: unknown): string =>
  text(replicaSet, "metadata", "annotations", "deployment.kubernetes.io/revision");

/** The sizes of ReplicaSets in the order in which they changed. */
export function sizesOf(watch: WatchLog): string[] {
  const last = new Map<string, unknown>();
  return watch.events.flatMap(({ object }) => {
    const revision = revisionOf(object);
    const size = fieldOf(object, "spec", "replicas");
    if (last.get(revision) === size) return [];
    last.set(revision, size);
    return [`revision ${revision}: ${size}`];
  });
}

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
