import type { KubeObject } from "@moorage/kube-types";
import { Deployment, ReplicaSet } from "@moorage/kube-types/apps-v1";
import { Pod, type PodSpec } from "@moorage/kube-types/core-v1";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { CoreEvent } from "../runtime/core-event.ts";
import { addNode, playNode, startTestCluster, type TestCluster } from "../testing/test-cluster.ts";
import { deployment, web } from "../testing/workloads.ts";

let cluster: TestCluster;
let ready: (pod: Pod) => boolean;

beforeEach(() => {
  cluster = startTestCluster();
  addNode(cluster.api);
  ready = () => true;
  playNode(cluster.api, { ready: (pod) => ready(pod) });
});
afterEach(() => {
  cluster.stop();
  expect(cluster.errors).toEqual([]);
});

const stored = () => cluster.api.get(Deployment, web);
const status = () => stored()?.status ?? {};
const condition = (type: string) => status().conditions?.find((one) => one.type === type);
const replicaSets = () => cluster.api.list(ReplicaSet);
const imageIn = (spec: PodSpec | undefined) => spec?.containers[0]?.image;
const imageOf = (set: ReplicaSet) => imageIn(set.spec.template?.spec);
const podImages = () => cluster.api.list(Pod).map(({ spec }) => imageIn(spec));

async function rollOut(replicas: number, image = "web:1", spec: Partial<Deployment["spec"]> = {}): Promise<void> {
  const wanted = deployment(replicas, image, spec);
  const existing = stored();
  const written = existing
    ? cluster.api.update(Deployment, { ...existing, spec: { ...existing.spec, ...wanted.spec } })
    : cluster.api.create(Deployment, wanted);
  await cluster.until(
    () =>
      status().observedGeneration === written.metadata.generation &&
      status().updatedReplicas === replicas &&
      status().availableReplicas === replicas &&
      status().replicas === replicas,
  );
}

describe("deploymentController", () => {
  it("creates a ReplicaSet with pods and says when they are available", async () => {
    await rollOut(3);
    expect(status()).toMatchObject({ replicas: 3, readyReplicas: 3, updatedReplicas: 3, observedGeneration: 1 });
    expect(condition("Available")).toMatchObject({ status: "True", reason: "MinimumReplicasAvailable" });
    expect(condition("Progressing")).toMatchObject({ status: "True", reason: "NewReplicaSetAvailable" });
    expect(stored()?.metadata.annotations).toMatchObject({ "deployment.kubernetes.io/revision": "1" });
    const [set] = replicaSets();
    const hash = set?.spec.template?.metadata?.labels?.["pod-template-hash"];
    expect(set?.metadata.name).toBe(`web-${hash}`);
    expect(set?.metadata.annotations).toMatchObject({
      "deployment.kubernetes.io/desired-replicas": "3",
      "deployment.kubernetes.io/max-replicas": "4",
    });
  });

  it("never leaves the limits of maxSurge and maxUnavailable in a rolling update", async () => {
    const strategy = { type: "RollingUpdate", rollingUpdate: { maxSurge: 1, maxUnavailable: 1 } };
    await rollOut(5, "web:1", { strategy });
    const seen = { most: 0, fewest: Number.POSITIVE_INFINITY };
    const unwatch = cluster.api.watch(Pod, () => {
      const pods = cluster.api.list(Pod).filter(({ metadata }) => !metadata.deletionTimestamp);
      const available = pods.filter((pod) => pod.status?.phase === "Running");
      seen.most = Math.max(seen.most, pods.length);
      seen.fewest = Math.min(seen.fewest, available.length);
    });
    await rollOut(5, "web:2", { strategy });
    unwatch();
    expect(seen.most).toBeLessThanOrEqual(6);
    expect(seen.fewest).toBeGreaterThanOrEqual(4);
    expect(podImages()).toEqual(Array(5).fill("web:2"));
  });

  it("keeps serving from old pods while new ones do not become ready", async () => {
    await rollOut(4);
    ready = (pod) => imageIn(pod.spec) !== "web:broken";
    const current = stored();
    if (!current) throw new Error("gone");
    cluster.api.update(Deployment, {
      ...current,
      spec: { ...current.spec, template: deployment(4, "web:broken").spec.template },
    });
    await cluster.until(() => status().updatedReplicas === 2 && status().replicas === 5);
    await cluster.settled();
    expect(status()).toMatchObject({ availableReplicas: 3, unavailableReplicas: 2 });
    expect(condition("Available")).toMatchObject({ status: "True" });
  });

  it("lets no pod of two templates run together with Recreate", async () => {
    const strategy = { type: "Recreate" };
    await rollOut(2, "web:1", { strategy });
    let mixed = false;
    const unwatch = cluster.api.watch(Pod, () => {
      mixed ||= new Set(podImages()).size > 1;
    });
    await rollOut(2, "web:2", { strategy });
    unwatch();
    expect(mixed).toBe(false);
  });

  it("rolls back to an old ReplicaSet, which then has the highest revision", async () => {
    await rollOut(1, "web:1");
    await rollOut(1, "web:2");
    await rollOut(1, "web:1");
    expect(replicaSets()).toHaveLength(2);
    const first = replicaSets().find((set) => imageOf(set) === "web:1");
    expect(first?.metadata.annotations).toMatchObject({
      "deployment.kubernetes.io/revision": "3",
      "deployment.kubernetes.io/revision-history": "1",
    });
    expect(stored()?.metadata.annotations).toMatchObject({ "deployment.kubernetes.io/revision": "3" });
  });

  it("keeps as many old ReplicaSets as revisionHistoryLimit says", async () => {
    for (const image of ["web:1", "web:2", "web:3", "web:4"]) await rollOut(1, image, { revisionHistoryLimit: 1 });
    await cluster.until(() => replicaSets().length === 2);
    expect(replicaSets().map(imageOf).sort()).toEqual(["web:3", "web:4"]);
  });

  it("does not roll out while paused, but scales", async () => {
    await rollOut(2);
    const current = stored();
    if (!current) throw new Error("gone");
    const { template } = deployment(2, "web:2").spec;
    cluster.api.update(Deployment, { ...current, spec: { ...current.spec, paused: true, template, replicas: 3 } });
    await cluster.until(() => status().replicas === 3 && status().availableReplicas === 3);
    expect(condition("Progressing")).toMatchObject({ status: "Unknown", reason: "DeploymentPaused" });
    expect(podImages()).toEqual(Array(3).fill("web:1"));
    const paused = stored();
    if (!paused) throw new Error("gone");
    cluster.api.update(Deployment, { ...paused, spec: { ...paused.spec, paused: false } });
    await cluster.until(() => status().updatedReplicas === 3 && status().replicas === 3);
  });

  it("reports a roll-out that makes no progress within its deadline", async () => {
    ready = () => false;
    cluster.api.create(Deployment, deployment(1, "web:1", { progressDeadlineSeconds: 1 }));
    await cluster.until(() => condition("Progressing")?.status === "False");
    expect(condition("Progressing")).toMatchObject({ reason: "ProgressDeadlineExceeded" });
    expect(condition("Available")).toMatchObject({ status: "False", reason: "MinimumReplicasUnavailable" });
  });

  it("writes nothing once it is done", async () => {
    await rollOut(3);
    await cluster.settled();
    const writes: string[] = [];
    for (const type of [Deployment, ReplicaSet, Pod]) {
      let initial = true;
      cluster.api.watch<KubeObject>(type, ({ object }) => !initial && writes.push(object.metadata.name));
      initial = false;
    }
    await cluster.settled();
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(writes).toEqual([]);
  });

  it("records its steps as events", async () => {
    await rollOut(1, "web:1");
    await rollOut(1, "web:2");
    const messages = cluster.api
      .list(CoreEvent)
      .filter(({ reason }) => reason === "ScalingReplicaSet")
      .map(({ message }) => message);
    const [first, second] = [...replicaSets()].sort((a, b) => (imageOf(a) ?? "").localeCompare(imageOf(b) ?? ""));
    expect(messages).toEqual(
      expect.arrayContaining([
        `Scaled up replica set ${first?.metadata.name} from 0 to 1`,
        `Scaled up replica set ${second?.metadata.name} from 0 to 1`,
        `Scaled down replica set ${first?.metadata.name} from 1 to 0`,
      ]),
    );
  });
});
