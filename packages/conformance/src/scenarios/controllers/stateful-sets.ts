import { fieldOf, listOf } from "../../field-of.ts";
import type { Scenario, Script } from "../../scenario.ts";
import { create, patch, read, remove } from "../../step.ts";
import type { WatchLog } from "../../watch-log.ts";
import { paths, selector, template } from "../objects.ts";
import { eventsOf, meta, nameOf, playNode, podLine, podsOf, run, scenariosOf, story } from "./play.ts";

/** What became of pods, once the watch, which may be a moment behind, has told this. */
async function storyWith(watch: WatchLog, line: string): Promise<string[]> {
  await watch.until((events) => events.some((event) => podLine(event) === line));
  return story(watch, podLine);
}

const scripts: [name: string, script: Script][] = [
  [
    "a StatefulSet comes up and goes down in order",
    async (stage) => {
      const watch = await playNode(stage);
      await stage.send(
        create(paths.statefulSets, {
          ...meta("a"),
          spec: { replicas: 3, serviceName: "s", selector, template: template() },
        }),
      );
      const isAt =
        (count: number) =>
        ({ body }: { body: unknown }) =>
          (fieldOf(body, "status", "readyReplicas") ?? 0) === count &&
          (fieldOf(body, "status", "replicas") ?? 0) === count;
      await stage.until(read(`${paths.statefulSets}/a`), isAt(3));
      await stage.send(patch("merge", `${paths.statefulSets}/a`, { spec: { replicas: 1 } }));
      const { body } = await stage.until(read(`${paths.statefulSets}/a`), isAt(1));
      const [pod] = await podsOf(stage, 1);
      const { currentRevision: _c, updateRevision: _u, ...status } = Object(fieldOf(body, "status"));
      return {
        order: await storyWith(watch, "DELETED a-1"),
        status,
        labels: Object.keys(Object(fieldOf(pod, "metadata", "labels"))).sort(),
        hostname: fieldOf(pod, "spec", "hostname"),
        subdomain: fieldOf(pod, "spec", "subdomain"),
        events: await eventsOf(stage, "StatefulSet", "Delete Pod a-1"),
      };
    },
  ],
  [
    "a StatefulSet waits for a pod that is not ready",
    async (stage) => {
      const watch = await playNode(stage, (name) => name !== "a-1");
      await stage.send(
        create(paths.statefulSets, {
          ...meta("a"),
          spec: { replicas: 3, serviceName: "s", selector, template: template() },
        }),
      );
      await stage.until(read(`${paths.statefulSets}/a`), ({ body }) => fieldOf(body, "status", "replicas") === 2);
      const waiting = await storyWith(watch, "ADDED a-1");
      await stage.send(run(`${paths.pods}/a-1`));
      await stage.until(read(`${paths.statefulSets}/a`), ({ body }) => fieldOf(body, "status", "readyReplicas") === 3);
      return { waiting, order: story(watch, podLine) };
    },
  ],
  [
    "a StatefulSet rolls from the last pod to the first",
    async (stage) => {
      const watch = await playNode(stage);
      await stage.send(
        create(paths.statefulSets, {
          ...meta("a"),
          spec: { replicas: 2, serviceName: "s", selector, template: template() },
        }),
      );
      await stage.until(read(`${paths.statefulSets}/a`), ({ body }) => fieldOf(body, "status", "readyReplicas") === 2);
      await stage.send(
        patch("strategic", `${paths.statefulSets}/a`, {
          spec: { template: { spec: { containers: [{ name: "c", image: "web:2" }] } } },
        }),
      );
      await stage.until(
        read(`${paths.statefulSets}/a`),
        ({ body }) =>
          fieldOf(body, "status", "observedGeneration") === 2 &&
          fieldOf(body, "status", "readyReplicas") === 2 &&
          fieldOf(body, "status", "currentRevision") === fieldOf(body, "status", "updateRevision"),
      );
      // Where pods start at once, upstream's controller may make a pod of the old template once more before it sees its
      // own status: only the order in which the pods are first touched is certain.
      return [...new Set(story(watch, podLine))];
    },
  ],
  [
    "a StatefulSet of parallel pods starts them all",
    async (stage) => {
      await stage.send(
        create(paths.statefulSets, {
          ...meta("a"),
          spec: {
            replicas: 3,
            podManagementPolicy: "Parallel",
            serviceName: "s",
            selector,
            template: template({ schedulerName: "none" }),
          },
        }),
      );
      return (await podsOf(stage, 3)).map(nameOf);
    },
  ],
  [
    "a StatefulSet makes claims, and keeps them",
    async (stage) => {
      await playNode(stage);
      const claim = {
        metadata: { name: "d" },
        spec: { accessModes: ["ReadWriteOnce"], resources: { requests: { storage: "1Gi" } } },
      };
      await stage.send(
        create(paths.statefulSets, {
          ...meta("a"),
          spec: { replicas: 1, serviceName: "s", selector, template: template(), volumeClaimTemplates: [claim] },
        }),
      );
      const [pod] = await podsOf(stage, 1);
      await stage.send(remove(`${paths.statefulSets}/a`));
      await podsOf(stage, 0);
      const { body } = await stage.send(read(paths.claims));
      return {
        volumes: listOf(pod, "spec", "volumes").slice(0, 1),
        claims: listOf(body, "items").map((item) => ({
          name: nameOf(item),
          labels: fieldOf(item, "metadata", "labels"),
          owners: listOf(item, "metadata", "ownerReferences"),
        })),
      };
    },
  ],
];

/** StatefulSets: their order, their claims. */
export const statefulSetScenarios: readonly Scenario[] = scenariosOf(scripts);
