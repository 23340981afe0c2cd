import { fieldOf, listOf } from "../field-of.ts";
import type { Scenario, Script } from "../scenario.ts";
import type { Stage } from "../stage.ts";
import { create, patch, read, remove, type Step } from "../step.ts";
import type { WatchEvent, WatchLog } from "../watch-log.ts";
import { configMap, deployment, paths, podSpec, selector, template } from "./objects.ts";

const meta = (name: string) => ({ metadata: { name } });
const text = (value: unknown, ...path: string[]): string => String(fieldOf(value, ...path) ?? "");

/** Names that a server makes up are told apart by their beginning only. */
const stem = (name: string): string => name.replace(/(-[a-z0-9]{5,10})+$/, "-*");

/** Plays the node: pods run, are ready, and go when they are told to. There is no node on either server. */
async function playNode(stage: Stage, isReady: (name: string) => boolean = () => true): Promise<WatchLog> {
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

const run = (path: string, isReady = true, extra: object = {}): Step =>
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
function story(watch: WatchLog, line: (event: WatchEvent) => string): string[] {
  const lines = watch.events.map(line).filter((each) => each !== "");
  return lines.filter((each, index) => each !== lines[index - 1]);
}

const revisionOf = (replicaSet: unknown): string =>
  text(replicaSet, "metadata", "annotations", "deployment.kubernetes.io/revision");

/** The sizes of ReplicaSets in the order in which they changed. */
function sizesOf(watch: WatchLog): string[] {
  const last = new Map<string, unknown>();
  return watch.events.flatMap(({ object }) => {
    const revision = revisionOf(object);
    const size = fieldOf(object, "spec", "replicas");
    if (last.get(revision) === size) return [];
    last.set(revision, size);
    return [`revision ${revision}: ${size}`];
  });
}

const podLine = ({ type, object }: WatchEvent): string =>
  type === "MODIFIED" ? "" : `${type} ${text(object, "metadata", "name")}`;

/** Reasons and messages of events about objects of a kind, without what is made up, once the last one has come. */
async function eventsOf(stage: Stage, kind: string, last: string): Promise<unknown> {
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

const conditionsOf = (object: unknown): unknown =>
  listOf(object, "status", "conditions")
    .map((condition) => ({
      type: fieldOf(condition, "type"),
      status: fieldOf(condition, "status"),
      reason: fieldOf(condition, "reason"),
      message: text(condition, "message").replace(/-[a-z0-9]{9,10}\b/g, "-*"),
    }))
    .sort((left, right) => (String(left.type) < String(right.type) ? -1 : 1));

const running = (name: string, replicas: number, more: object = {}): object =>
  deployment(name, { replicas, paused: false, ...more });
const available = (name: string, count: number) => (stage: Stage) =>
  stage.until(
    read(`${paths.deployments}/${name}`),
    ({ body }) =>
      (fieldOf(body, "status", "availableReplicas") ?? 0) === count &&
      (fieldOf(body, "status", "replicas") ?? 0) === count &&
      (fieldOf(body, "status", "updatedReplicas") ?? 0) === count &&
      fieldOf(body, "status", "observedGeneration") === fieldOf(body, "metadata", "generation"),
  );

async function finalDeployment(stage: Stage, count: number): Promise<unknown> {
  const { body } = await available("a", count)(stage);
  const { lastTransitionTime: _time, ...status } = {
    ...Object(fieldOf(body, "status")),
    conditions: conditionsOf(body),
  };
  return { status, annotations: fieldOf(body, "metadata", "annotations"), spec: fieldOf(body, "spec") };
}

const image = (name: string): Step =>
  patch("strategic", `${paths.deployments}/a`, {
    spec: { template: { spec: { containers: [{ name: "c", image: name }] } } },
  });

const job = (spec: object = {}): Step =>
  create(paths.jobs, { ...meta("a"), spec: { template: { spec: podSpec({ restartPolicy: "Never" }) }, ...spec } });

/** The first pods, once there are so many of them. */
async function podsOf(stage: Stage, count: number, query = ""): Promise<readonly unknown[]> {
  const { body } = await stage.until(
    read(`${paths.pods}?${query}`),
    (answer) => listOf(answer.body, "items").length === count,
  );
  return listOf(body, "items");
}
const nameOf = (object: unknown): string => text(object, "metadata", "name");

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
      const watch = stage.watch(`${paths.replicaSets}?watch=1&timeoutSeconds=60`);
      await stage.send(image("web:2"));
      const final = await finalDeployment(stage, 2);
      return { final, sizes: sizesOf(watch) };
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
      const watch = stage.watch(`${paths.replicaSets}?watch=1&timeoutSeconds=60`);
      await stage.send(image("web:2"));
      await available("a", 2)(stage);
      return sizesOf(watch);
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
        order: story(watch, podLine),
        status,
        labels: Object.keys(Object(fieldOf(pod, "metadata", "labels"))).sort(),
        hostname: fieldOf(pod, "spec", "hostname"),
        subdomain: fieldOf(pod, "spec", "subdomain"),
        events: await eventsOf(stage, "StatefulSet", "a-1"),
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
      const waiting = story(watch, podLine);
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
      return story(watch, podLine);
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
  [
    "a Job completes",
    async (stage) => {
      await stage.send(job());
      const [pod] = await podsOf(stage, 1);
      await stage.send(patch("strategic", `${paths.pods}/${nameOf(pod)}/status`, { status: { phase: "Succeeded" } }));
      const { body } = await stage.until(
        read(`${paths.jobs}/a`),
        (answer) => fieldOf(answer.body, "status", "completionTime") !== undefined,
      );
      const after = await stage.send(read(`${paths.pods}/${nameOf(pod)}`));
      return {
        status: {
          ...Object(fieldOf(body, "status")),
          startTime: "",
          completionTime: "",
          conditions: conditionsOf(body),
        },
        pod: {
          finalizers: fieldOf(pod, "metadata", "finalizers"),
          labels: Object.keys(Object(fieldOf(pod, "metadata", "labels"))).sort(),
          name: stem(nameOf(pod)),
        },
        after: fieldOf(after.body, "metadata", "finalizers"),
        events: await eventsOf(stage, "Job", "Job completed"),
      };
    },
  ],
  [
    "a Job gives up",
    async (stage) => {
      await stage.send(job({ backoffLimit: 0 }));
      const [pod] = await podsOf(stage, 1);
      await stage.send(patch("strategic", `${paths.pods}/${nameOf(pod)}/status`, { status: { phase: "Failed" } }));
      const { body } = await stage.until(read(`${paths.jobs}/a`), (answer) =>
        listOf(answer.body, "status", "conditions").some((condition) => fieldOf(condition, "type") === "Failed"),
      );
      return {
        status: { ...Object(fieldOf(body, "status")), startTime: "", conditions: conditionsOf(body) },
        events: await eventsOf(stage, "Job", "backoff"),
      };
    },
  ],
  [
    "a Job of several completions, so many at once",
    async (stage) => {
      await stage.send(job({ completions: 3, parallelism: 2 }));
      const first = await podsOf(stage, 2);
      for (const pod of first)
        await stage.send(patch("strategic", `${paths.pods}/${nameOf(pod)}/status`, { status: { phase: "Succeeded" } }));
      const all = await podsOf(stage, 3);
      const { body } = await stage.until(
        read(`${paths.jobs}/a`),
        (answer) => fieldOf(answer.body, "status", "succeeded") === 2,
      );
      return {
        atFirst: first.length,
        later: all.length,
        active: fieldOf(body, "status", "active"),
        succeeded: fieldOf(body, "status", "succeeded"),
      };
    },
  ],
  [
    "a Job that is suspended and resumed",
    async (stage) => {
      await stage.send(job({ suspend: true }));
      const { body } = await stage.until(
        read(`${paths.jobs}/a`),
        (answer) => listOf(answer.body, "status", "conditions").length > 0,
      );
      const events = await eventsOf(stage, "Job", "Job suspended");
      await stage.send(patch("merge", `${paths.jobs}/a`, { spec: { suspend: false } }));
      await podsOf(stage, 1);
      const resumed = await stage.until(
        read(`${paths.jobs}/a`),
        (answer) => fieldOf(answer.body, "status", "active") === 1,
      );
      return { suspended: conditionsOf(body), events, resumed: conditionsOf(resumed.body) };
    },
  ],
  [
    "endpoints of ready pods only",
    async (stage) => {
      // Pods that are on no node are no endpoints.
      await stage.send(create("/api/v1/nodes", { metadata: { name: "{ns}" } }));
      await stage.send(
        create(paths.services, {
          ...meta("a"),
          spec: { selector: { app: "a" }, ports: [{ name: "web", port: 80, targetPort: 8080 }] },
        }),
      );
      const empty = await stage.until(read(`${paths.slices}`), ({ body }) => listOf(body, "items").length === 1);
      for (const name of ["p", "q"])
        await stage.send(
          create(paths.pods, { metadata: { name, labels: { app: "a" } }, spec: podSpec({ nodeName: "{ns}" }) }),
        );
      await stage.send(run(`${paths.pods}/p`));
      await stage.send(run(`${paths.pods}/q`, false, { podIP: "10.0.0.2", podIPs: [{ ip: "10.0.0.2" }] }));
      const isDone = ({ body }: { body: unknown }) => {
        const [slice] = listOf(body, "items");
        return (
          listOf(slice, "endpoints").length === 2 &&
          listOf(slice, "endpoints").some((endpoint) => fieldOf(endpoint, "conditions", "ready") === true)
        );
      };
      const { body } = await stage.until(read(paths.slices), isDone);
      const endpoints = await stage.until(
        read("/api/v1/namespaces/{ns}/endpoints/a"),
        (answer) => listOf(answer.body, "subsets", "0", "addresses").length === 1,
      );
      const show = (list: unknown) => {
        const [slice] = listOf(list, "items");
        const sorted = [...listOf(slice, "endpoints")].sort((left, right) =>
          JSON.stringify(fieldOf(left, "addresses")) < JSON.stringify(fieldOf(right, "addresses")) ? -1 : 1,
        );
        return {
          name: stem(nameOf(slice)),
          labels: fieldOf(slice, "metadata", "labels"),
          endpoints: fieldOf(slice, "endpoints") === null ? null : sorted,
          ports: fieldOf(slice, "ports"),
          owners: listOf(slice, "metadata", "ownerReferences"),
        };
      };
      await stage.sendAll(["p", "q"].map((name) => remove(`${paths.pods}/${name}`, { gracePeriodSeconds: 0 })));
      await stage.send(remove("/api/v1/nodes/{ns}"));
      return {
        empty: show(empty.body),
        slices: show(body),
        subsets: fieldOf(endpoints.body, "subsets"),
        labels: fieldOf(endpoints.body, "metadata", "labels"),
      };
    },
  ],
  [
    "an autoscaler without metrics",
    async (stage) => {
      await stage.send(create(paths.deployments, running("a", 1)));
      await stage.send(
        create(paths.autoscalers, {
          ...meta("a"),
          spec: {
            minReplicas: 2,
            maxReplicas: 3,
            scaleTargetRef: { apiVersion: "apps/v1", kind: "Deployment", name: "a" },
            metrics: [
              { type: "Resource", resource: { name: "cpu", target: { type: "Utilization", averageUtilization: 50 } } },
            ],
          },
        }),
      );
      const scaled = await stage.until(
        read(`${paths.deployments}/a`),
        ({ body }) => fieldOf(body, "spec", "replicas") === 2,
      );
      const { body } = await stage.until(
        read(`${paths.autoscalers}/a`),
        (answer) => fieldOf(answer.body, "status", "desiredReplicas") === 2,
      );
      return {
        replicas: fieldOf(scaled.body, "spec", "replicas"),
        current: fieldOf(body, "status", "currentReplicas"),
        able: listOf(body, "status", "conditions")
          .filter((condition) => fieldOf(condition, "type") === "AbleToScale")
          .map((condition) => fieldOf(condition, "status")),
      };
    },
  ],
  [
    "a disruption budget counts, and refuses evictions",
    async (stage) => {
      await stage.send(create(paths.budgets, { ...meta("a"), spec: { minAvailable: 1, selector } }));
      const evict = (name: string) =>
        create(`${paths.pods}/${name}/eviction`, { apiVersion: "policy/v1", kind: "Eviction", ...meta(name) });
      for (const name of ["p", "q"]) {
        await stage.send(
          create(paths.pods, { metadata: { name, labels: { app: "a" } }, spec: podSpec({ schedulerName: "none" }) }),
        );
        await stage.send(run(`${paths.pods}/${name}`));
      }
      const { body } = await stage.until(
        read(`${paths.budgets}/a`),
        (answer) => fieldOf(answer.body, "status", "disruptionsAllowed") === 1,
      );
      const first = await stage.send(evict("p"));
      await stage.until(
        read(`${paths.budgets}/a`),
        (answer) => fieldOf(answer.body, "status", "disruptionsAllowed") === 0,
      );
      return {
        status: { ...Object(fieldOf(body, "status")), conditions: conditionsOf(body) },
        first: first.code,
        second: await stage.send(evict("q")),
      };
    },
  ],
  [
    "a disruption budget without pods",
    async (stage) => {
      await stage.send(create(paths.budgets, { ...meta("a"), spec: { maxUnavailable: 1, selector } }));
      const { body } = await stage.until(
        read(`${paths.budgets}/a`),
        (answer) => fieldOf(answer.body, "status", "observedGeneration") === 1,
      );
      const isThere = ({ body: list }: { body: unknown }) => listOf(list, "items").length > 0;
      await stage.until(
        read("/api/v1/namespaces/{ns}/events?fieldSelector=involvedObject.kind%3DPodDisruptionBudget"),
        isThere,
      );
      return {
        status: { ...Object(fieldOf(body, "status")), conditions: conditionsOf(body) },
        events: await eventsOf(stage, "PodDisruptionBudget", "No matching"),
      };
    },
  ],
  [
    "garbage: in the background",
    async (stage) => {
      await playNode(stage);
      await stage.send(create(paths.deployments, running("a", 1)));
      await available("a", 1)(stage);
      const answer = await stage.send(remove(`${paths.deployments}/a`, { propagationPolicy: "Background" }));
      await podsOf(stage, 0);
      const { body } = await stage.until(read(paths.replicaSets), (list) => listOf(list.body, "items").length === 0);
      return { answer, left: listOf(body, "items").length };
    },
  ],
  [
    "garbage: in the foreground the owner goes last",
    async (stage) => {
      await playNode(stage);
      await stage.send(create(paths.deployments, running("a", 1)));
      await available("a", 1)(stage);
      const order: WatchLog[] = [paths.deployments, paths.replicaSets, paths.pods].map((path) =>
        stage.watch(`${path}?watch=1&timeoutSeconds=60`),
      );
      await stage.send(remove(`${paths.deployments}/a`, { propagationPolicy: "Foreground" }));
      const waiting = await stage.send(read(`${paths.deployments}/a`));
      await stage.send({ ...read(`${paths.deployments}/a`), until: 404 });
      const versions = await Promise.all(
        order.map(async (watch) => {
          const events = await watch.until((all) => all.some(({ type }) => type === "DELETED"));
          const last = events.findLast(({ type }) => type === "DELETED");
          return {
            kind: text(last?.object, "kind"),
            version: Number(text(last?.object, "metadata", "resourceVersion")),
          };
        }),
      );
      return {
        finalizers: fieldOf(waiting.body, "metadata", "finalizers"),
        order: versions.sort((left, right) => left.version - right.version).map(({ kind }) => kind),
      };
    },
  ],
  [
    "garbage: orphans stay",
    async (stage) => {
      await stage.send(create(paths.deployments, running("a", 1, { template: template({ schedulerName: "none" }) })));
      await podsOf(stage, 1);
      await stage.send(remove(`${paths.deployments}/a`, { propagationPolicy: "Orphan" }));
      await stage.send({ ...read(`${paths.deployments}/a`), until: 404 });
      const { body } = await stage.until(read(paths.replicaSets), (list) =>
        listOf(list.body, "items").every((set) => listOf(set, "metadata", "ownerReferences").length === 0),
      );
      const pods = await podsOf(stage, 1);
      return {
        owners: listOf(body, "items").map((set) => fieldOf(set, "metadata", "ownerReferences")),
        pods: pods.length,
      };
    },
  ],
  [
    "garbage: an owner that never was",
    async (stage) => {
      const owner = { apiVersion: "v1", kind: "ConfigMap", name: "none", uid: "00000000-0000-0000-0000-000000000000" };
      await stage.send(create(paths.configMaps, configMap("a", {}, { ownerReferences: [owner] })));
      const { code } = await stage.send({ ...read(`${paths.configMaps}/a`), until: 404 });
      return code;
    },
  ],
  [
    "garbage: one of two owners goes",
    async (stage) => {
      const owners = [];
      for (const name of ["x", "y"]) {
        const { body } = await stage.send(create(paths.configMaps, configMap(name)));
        owners.push({ apiVersion: "v1", kind: "ConfigMap", name, uid: fieldOf(body, "metadata", "uid") });
      }
      await stage.send(create(paths.configMaps, configMap("a", {}, { ownerReferences: owners })));
      await stage.send(remove(`${paths.configMaps}/x`));
      const { body } = await stage.until(
        read(`${paths.configMaps}/a`),
        (answer) => listOf(answer.body, "metadata", "ownerReferences").length === 1,
      );
      return fieldOf(body, "metadata", "ownerReferences");
    },
  ],
  [
    "a namespace goes with what is in it",
    async (stage) => {
      const name = "{ns}-x";
      const inside = `/api/v1/namespaces/${name}`;
      const made = await stage.send(create("/api/v1/namespaces", { metadata: { name } }));
      await stage.send({ ...read(`${inside}/serviceaccounts/default`), until: 200 });
      await stage.send(create(`${inside}/configmaps`, configMap("held", {}, { finalizers: ["example.com/hold"] })));
      const deleted = await stage.send(remove(inside));
      const { body } = await stage.until(
        read(inside),
        (answer) => listOf(answer.body, "status", "conditions").length > 0,
      );
      const refused = await stage.send(create(`${inside}/configmaps`, configMap("late")));
      await stage.send(patch("merge", `${inside}/configmaps/held`, { metadata: { finalizers: null } }));
      const gone = await stage.send({ ...read(inside), until: 404 });
      return {
        made: made.body,
        deleted: fieldOf(deleted.body, "status"),
        conditions: conditionsOf(body),
        refused,
        gone: gone.code,
      };
    },
  ],
  [
    "a namespace has an account and the root certificate",
    async (stage) => {
      const { body } = await stage.until(read(`${paths.configMaps}/kube-root-ca.crt`), ({ code }) => code === 200);
      const account = await stage.send(read(`${paths.accounts}/default`));
      return {
        keys: Object.keys(Object(fieldOf(body, "data"))),
        annotations: fieldOf(body, "metadata", "annotations"),
        account: account.body,
      };
    },
  ],
];

/** What the built-in controllers make of objects: final states, and the order of the steps. */
export const controllerScenarios: readonly Scenario[] = scripts.map(([name, steps]) => ({
  name: `controllers: ${name}`,
  steps,
}));
