import { fieldOf, listOf } from "../../field-of.ts";
import type { Scenario, Script } from "../../scenario.ts";
import { create, patch, read, remove } from "../../step.ts";
import { deployment, paths, podSpec, selector, template } from "../objects.ts";
import { available, finalDeployment, image, revisionOf, running, sizesDuring } from "./deployment-play.ts";
import { conditionsOf, eventsOf, meta, nameOf, playNode, podsOf, scenariosOf, stem, text } from "./play.ts";

const scripts: [name: string, script: Script][] = [
  [
    "a Deployment comes up",
    async (stage) => {
      await playNode(stage);
      await stage.send(create(paths.deployments, running("a", 2)));
      const final = await finalDeployment(stage, 2);
      const replicaSets = listOf((await stage.send(read(paths.replicaSets))).body, "items");
      const pods = await podsOf(stage, 2);
      const show = (object: unknown) => ({
        name: stem(nameOf(object)),
        labels: Object.keys(Object(fieldOf(object, "metadata", "labels"))).sort(),
        owners: listOf(object, "metadata", "ownerReferences").map((owner) => ({
          ...Object(owner),
          name: stem(text(owner, "name")),
        })),
        annotations: fieldOf(object, "metadata", "annotations"),
        generateName: stem(text(object, "metadata", "generateName").slice(0, -1)),
      });
      return {
        final,
        replicaSets: replicaSets.map(show),
        pods: pods.map(show),
        events: await eventsOf(stage, "Deployment", "from 0 to 2"),
      };
    },
  ],
  [
    "a roll-out, pod by pod",
    async (stage) => {
      await playNode(stage);
      await stage.send(
        create(paths.deployments, running("a", 2, { strategy: { rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } } })),
      );
      await available("a", 2)(stage);
      const sizes = await sizesDuring(stage, async () => {
        await stage.send(image("web:2"));
        await available("a", 2)(stage);
      });
      return { final: await finalDeployment(stage, 2), sizes };
    },
  ],
  [
    "a roll-back brings the old ReplicaSet up again",
    async (stage) => {
      await playNode(stage);
      await stage.send(create(paths.deployments, running("a", 1)));
      await available("a", 1)(stage);
      await stage.send(image("web:2"));
      await available("a", 1)(stage);
      await stage.send(image("web"));
      const final = await finalDeployment(stage, 1);
      const { body } = await stage.until(read(paths.replicaSets), (answer) =>
        listOf(answer.body, "items").some((set) => revisionOf(set) === "3"),
      );
      const sets = listOf(body, "items").map((set) => ({
        revision: revisionOf(set),
        history: fieldOf(set, "metadata", "annotations", "deployment.kubernetes.io/revision-history"),
        replicas: fieldOf(set, "spec", "replicas"),
      }));
      return { final, sets: sets.sort((left, right) => (left.revision < right.revision ? -1 : 1)) };
    },
  ],
  [
    "a Deployment that recreates stops the old pods first",
    async (stage) => {
      await playNode(stage);
      await stage.send(create(paths.deployments, running("a", 2, { strategy: { type: "Recreate" } })));
      await available("a", 2)(stage);
      return sizesDuring(stage, async () => {
        await stage.send(image("web:2"));
        await available("a", 2)(stage);
      });
    },
  ],
  [
    "a Deployment that is scaled",
    async (stage) => {
      await playNode(stage);
      await stage.send(create(paths.deployments, running("a", 1)));
      await available("a", 1)(stage);
      await stage.send(patch("merge", `${paths.deployments}/a/scale`, { spec: { replicas: 3 } }));
      const up = await finalDeployment(stage, 3);
      await stage.send(patch("merge", `${paths.deployments}/a/scale`, { spec: { replicas: 0 } }));
      const down = await finalDeployment(stage, 0);
      return { up, down, events: await eventsOf(stage, "Deployment", "from 3 to 0") };
    },
  ],
  [
    "a Deployment of no pods, paused and resumed",
    async (stage) => {
      await stage.send(create(paths.deployments, deployment("a")));
      await stage.until(
        read(`${paths.deployments}/a`),
        ({ body }) => fieldOf(body, "status", "observedGeneration") === 1,
      );
      await stage.send(patch("merge", `${paths.deployments}/a`, { spec: { paused: false } }));
      await stage.until(read(paths.replicaSets), ({ body }) => listOf(body, "items").length === 1);
      const final = await finalDeployment(stage, 0);
      return { final, events: await eventsOf(stage, "Deployment", "") };
    },
  ],
  [
    "old ReplicaSets beyond the limit go",
    async (stage) => {
      await playNode(stage);
      await stage.send(create(paths.deployments, running("a", 1, { revisionHistoryLimit: 1 })));
      for (const version of ["web:2", "web:3", "web:4"]) {
        await available("a", 1)(stage);
        await stage.send(image(version));
      }
      await available("a", 1)(stage);
      const { body } = await stage.until(
        read(paths.replicaSets),
        (answer) => listOf(answer.body, "items").length === 2,
      );
      return listOf(body, "items").map(revisionOf).sort();
    },
  ],
  [
    "a ReplicaSet replaces a pod, and adopts and releases others",
    async (stage) => {
      await playNode(stage);
      await stage.send(
        create(paths.pods, {
          metadata: { name: "own", labels: { app: "a" } },
          spec: podSpec({ schedulerName: "none" }),
        }),
      );
      await stage.send(
        create(paths.replicaSets, { ...meta("a"), spec: { replicas: 2, selector, template: template() } }),
      );
      const adopted = await stage.until(
        read(`${paths.pods}/own`),
        ({ body }) => listOf(body, "metadata", "ownerReferences").length === 1,
      );
      await podsOf(stage, 2);
      await stage.send(patch("merge", `${paths.pods}/own`, { metadata: { labels: { app: "b" } } }));
      const released = await stage.until(
        read(`${paths.pods}/own`),
        ({ body }) => listOf(body, "metadata", "ownerReferences").length === 0,
      );
      await podsOf(stage, 3);
      const owner = (answer: { body: unknown }) => fieldOf(answer.body, "metadata", "ownerReferences");
      const final = await stage.until(
        read(`${paths.replicaSets}/a`),
        ({ body }) => fieldOf(body, "status", "readyReplicas") === 2,
      );
      return { adopted: owner(adopted), released: owner(released), status: fieldOf(final.body, "status") };
    },
  ],
  [
    "a Deployment that does not get on says so",
    async (stage) => {
      await playNode(stage, () => false);
      await stage.send(create(paths.deployments, running("a", 1, { progressDeadlineSeconds: 1 })));
      const isLate = ({ body }: { body: unknown }) =>
        JSON.stringify(conditionsOf(body)).includes("ProgressDeadlineExceeded");
      const { body } = await stage.until(read(`${paths.deployments}/a`), isLate);
      return conditionsOf(body);
    },
  ],
  [
    "a change while another one is rolled out",
    async (stage) => {
      await playNode(stage, (name) => !name.includes("never"));
      await stage.send(create(paths.deployments, running("a", 2)));
      await available("a", 2)(stage);
      await stage.sendAll([image("web:2"), image("web:3"), image("web:4")]);
      // How many of the changes the controller sees is chance.
      const { status, spec } = Object(await finalDeployment(stage, 2));
      return { status, spec };
    },
  ],
  [
    "a Deployment that wants no pods unavailable and none too many",
    async (stage) =>
      stage.send(
        create(paths.deployments, running("a", 1, { strategy: { rollingUpdate: { maxSurge: 0, maxUnavailable: 0 } } })),
      ),
  ],
  [
    "a roll-out by shares",
    async (stage) => {
      await playNode(stage);
      await stage.send(
        create(
          paths.deployments,
          running("a", 4, { strategy: { rollingUpdate: { maxSurge: "25%", maxUnavailable: "25%" } } }),
        ),
      );
      await available("a", 4)(stage);
      await stage.send(image("web:2"));
      return finalDeployment(stage, 4);
    },
  ],
  [
    "the pod template's hash stays with its content",
    async (stage) => {
      await stage.send(create(paths.deployments, deployment("a", { paused: false })));
      const before = await stage.until(read(paths.replicaSets), ({ body }) => listOf(body, "items").length === 1);
      await stage.send(
        patch("merge", `${paths.deployments}/a`, { metadata: { labels: { x: "y" } }, spec: { minReadySeconds: 1 } }),
      );
      await stage.until(
        read(`${paths.deployments}/a`),
        ({ body }) => fieldOf(body, "status", "observedGeneration") === 2,
      );
      const after = await stage.send(read(paths.replicaSets));
      return listOf(before.body, "items").map(nameOf).join() === listOf(after.body, "items").map(nameOf).join();
    },
  ],
  [
    "an event's object that is deleted and made again is another one",
    async (stage) => {
      await stage.send(create(paths.deployments, running("a", 1, { template: template({ schedulerName: "none" }) })));
      const [first] = await podsOf(stage, 1);
      await stage.send(remove(`${paths.deployments}/a`));
      await podsOf(stage, 0);
      await stage.send(create(paths.deployments, running("a", 1, { template: template({ schedulerName: "none" }) })));
      const [second] = await podsOf(stage, 1);
      return { isSameName: nameOf(first) === nameOf(second), isSameStem: stem(nameOf(first)) === stem(nameOf(second)) };
    },
  ],
];

/** Deployments and ReplicaSets: roll-out, roll-back, scaling, adoption. */
export const deploymentScenarios: readonly Scenario[] = scenariosOf(scripts);
