import { ControllerRevision, StatefulSet } from "@moorage/kube-types/apps-v1";
import { PersistentVolumeClaim, Pod } from "@moorage/kube-types/core-v1";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import {
  addNode,
  playNode,
  runningStatus,
  setPodStatus,
  startTestCluster,
  type TestCluster,
} from "../testing/test-cluster.ts";
import { statefulSet, web } from "../testing/workloads.ts";

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

const stored = () => {
  const set = cluster.api.get(StatefulSet, web);
  if (!set) throw new Error("the StatefulSet is gone");
  return set;
};
const status = () => stored().status;
const pods = () => [...cluster.api.list(Pod)].sort((a, b) => a.metadata.name.localeCompare(b.metadata.name));
const names = () => pods().map(({ metadata }) => metadata.name);
const images = () => pods().map(({ spec }) => spec?.containers[0]?.image);
const isRolledOut = (replicas: number) =>
  status()?.observedGeneration === stored().metadata.generation && status()?.readyReplicas === replicas;
const change = (spec: Partial<StatefulSet["spec"]>) =>
  cluster.api.update(StatefulSet, { ...stored(), spec: { ...stored().spec, ...spec } });
const imageChange = (image: string) => ({ template: statefulSet(1, image).spec.template });

/** The names of pods in the order that they come or go. */
function record(wanted: "ADDED" | "DELETED"): string[] {
  const order: string[] = [];
  cluster.api.watch(Pod, ({ type, object }) => type === wanted && order.push(object.metadata.name));
  return order;
}

describe("statefulSetController", () => {
  it("creates pods one after the other, each with its identity", async () => {
    let mostUnready = 0;
    cluster.api.watch(Pod, () => {
      mostUnready = Math.max(mostUnready, pods().filter(({ status: of }) => of?.phase !== "Running").length);
    });
    cluster.api.create(StatefulSet, statefulSet(3));
    await cluster.until(() => status()?.readyReplicas === 3);
    expect(names()).toEqual(["web-0", "web-1", "web-2"]);
    expect(mostUnready).toBe(1);
    expect(pods()[1]).toMatchObject({
      metadata: {
        labels: {
          "statefulset.kubernetes.io/pod-name": "web-1",
          "apps.kubernetes.io/pod-index": "1",
          "controller-revision-hash": status()?.currentRevision,
        },
      },
      spec: { hostname: "web-1", subdomain: "web" },
    });
  });

  it("waits for a pod that is not ready before it creates the next", async () => {
    ready = (pod) => pod.metadata.name !== "web-1";
    cluster.api.create(StatefulSet, statefulSet(3));
    await cluster.until(() => names().includes("web-1"));
    await cluster.settled();
    expect(names()).toEqual(["web-0", "web-1"]);
  });

  it("creates all pods at once with Parallel", async () => {
    ready = () => false;
    cluster.api.create(StatefulSet, statefulSet(3, "web:1", { podManagementPolicy: "Parallel" }));
    await cluster.until(() => names().length === 3);
  });

  it("removes the highest ordinal first when it shrinks", async () => {
    cluster.api.create(StatefulSet, statefulSet(3));
    await cluster.until(() => status()?.readyReplicas === 3);
    const gone = record("DELETED");
    change({ replicas: 1 });
    await cluster.until(() => status()?.replicas === 1 && names().length === 1);
    expect(gone).toEqual(["web-2", "web-1"]);
  });

  it("replaces pods from the highest ordinal when the template changes", async () => {
    cluster.api.create(StatefulSet, statefulSet(3));
    await cluster.until(() => status()?.readyReplicas === 3);
    const gone = record("DELETED");
    change(imageChange("web:2"));
    await cluster.until(() => isRolledOut(3) && status()?.updatedReplicas === 3);
    expect(gone).toEqual(["web-2", "web-1", "web-0"]);
    expect(images()).toEqual(["web:2", "web:2", "web:2"]);
    await cluster.until(() => status()?.currentRevision === status()?.updateRevision);
  });

  it("replaces only pods from the partition on", async () => {
    cluster.api.create(StatefulSet, statefulSet(3));
    await cluster.until(() => status()?.readyReplicas === 3);
    change({ ...imageChange("web:2"), updateStrategy: { type: "RollingUpdate", rollingUpdate: { partition: 2 } } });
    await cluster.until(() => isRolledOut(3) && status()?.updatedReplicas === 1);
    await cluster.settled();
    expect(images()).toEqual(["web:1", "web:1", "web:2"]);
    const [first] = pods();
    if (first) cluster.api.delete(Pod, { namespace: "default", name: first.metadata.name });
    await cluster.until(() => names().length === 3 && pods()[0]?.metadata.uid !== first?.metadata.uid);
    expect(images()).toEqual(["web:1", "web:1", "web:2"]);
  });

  it("leaves pods alone with OnDelete", async () => {
    cluster.api.create(StatefulSet, statefulSet(2, "web:1", { updateStrategy: { type: "OnDelete" } }));
    await cluster.until(() => status()?.readyReplicas === 2);
    change(imageChange("web:2"));
    await cluster.until(() => status()?.observedGeneration === 2);
    await cluster.settled();
    expect(images()).toEqual(["web:1", "web:1"]);
  });

  it("keeps revisions that a roll-back can return to", async () => {
    cluster.api.create(StatefulSet, statefulSet(1));
    await cluster.until(() => status()?.readyReplicas === 1);
    change(imageChange("web:2"));
    await cluster.until(() => images()[0] === "web:2" && status()?.readyReplicas === 1);
    change(imageChange("web:1"));
    await cluster.until(() => images()[0] === "web:1" && status()?.readyReplicas === 1);
    const revisions = cluster.api.list(ControllerRevision);
    expect(revisions.map(({ revision }) => revision).sort()).toEqual([2, 3]);
    expect(revisions[0]?.data).toMatchObject({ spec: { template: { $patch: "replace" } } });
  });

  it("replaces a pod that has failed under the same name", async () => {
    cluster.api.create(StatefulSet, statefulSet(1));
    await cluster.until(() => status()?.readyReplicas === 1);
    const [pod] = pods();
    if (pod) setPodStatus(cluster.api, pod, { ...runningStatus("10.0.0.9"), phase: "Failed", conditions: [] });
    await cluster.until(() => pods()[0]?.metadata.uid !== pod?.metadata.uid && status()?.readyReplicas === 1);
    expect(names()).toEqual(["web-0"]);
  });

  it("makes a claim per pod and template, which outlives the pod", async () => {
    const claim: PersistentVolumeClaim = {
      apiVersion: "v1",
      kind: "PersistentVolumeClaim",
      metadata: { name: "data" },
      spec: { accessModes: ["ReadWriteOnce"], resources: { requests: { storage: "1Gi" } } },
    };
    cluster.api.create(StatefulSet, statefulSet(2, "web:1", { volumeClaimTemplates: [claim] }));
    await cluster.until(() => status()?.readyReplicas === 2);
    expect(pods()[0]?.spec?.volumes).toContainEqual({
      name: "data",
      persistentVolumeClaim: { claimName: "data-web-0" },
    });
    change({ replicas: 1 });
    await cluster.until(() => names().length === 1);
    expect(
      cluster.api
        .list(PersistentVolumeClaim)
        .map(({ metadata }) => metadata.name)
        .sort(),
    ).toEqual(["data-web-0", "data-web-1"]);
  });
});
