import { ReplicaSet } from "@moorage/kube-types/apps-v1";
import { Pod, ResourceQuota } from "@moorage/kube-types/core-v1";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { CoreEvent } from "../runtime/core-event.ts";
import { addNode, playNode, startTestCluster, type TestCluster } from "../testing/test-cluster.ts";
import { web } from "../testing/workloads.ts";
import { podsToDelete } from "./pods-to-delete.ts";

let cluster: TestCluster;

beforeEach(() => {
  cluster = startTestCluster();
  addNode(cluster.api);
  playNode(cluster.api);
});
afterEach(() => {
  cluster.stop();
  expect(cluster.errors).toEqual([]);
});

const labels = { app: "web" };
const create = (replicas: number) =>
  cluster.api.create(ReplicaSet, {
    apiVersion: "apps/v1",
    kind: "ReplicaSet",
    metadata: { name: "web", namespace: "default" },
    spec: {
      replicas,
      selector: { matchLabels: labels },
      template: { metadata: { labels }, spec: { containers: [{ name: "c", image: "i" }] } },
    },
  });
const pods = () => cluster.api.list(Pod);
const status = () => cluster.api.get(ReplicaSet, web)?.status;
const relabel = (pod: Pod, app: string) =>
  cluster.api.update(Pod, { ...pod, metadata: { ...pod.metadata, labels: { app } } });

describe("replicaSetController", () => {
  it("replaces a pod that is deleted", async () => {
    create(2);
    await cluster.until(() => status()?.readyReplicas === 2);
    const [first] = pods();
    cluster.api.delete(Pod, { namespace: "default", name: first?.metadata.name ?? "" });
    await cluster.until(
      () => pods().every(({ metadata }) => metadata.uid !== first?.metadata.uid) && status()?.readyReplicas === 2,
    );
  });

  it("adopts a pod that matches, instead of creating one", async () => {
    cluster.api.create(Pod, {
      apiVersion: "v1",
      kind: "Pod",
      metadata: { name: "mine", namespace: "default", labels },
      spec: { containers: [{ name: "c", image: "i" }] },
    });
    create(1);
    await cluster.until(() => status()?.readyReplicas === 1);
    expect(pods().map(({ metadata }) => metadata.name)).toEqual(["mine"]);
    expect(pods()[0]?.metadata.ownerReferences?.[0]).toMatchObject({
      kind: "ReplicaSet",
      name: "web",
      controller: true,
    });
  });

  it("releases a pod whose labels no longer match, and replaces it", async () => {
    create(1);
    await cluster.until(() => status()?.readyReplicas === 1);
    const [pod] = pods();
    if (pod) relabel(pod, "debug");
    await cluster.until(() => pods().length === 2 && status()?.readyReplicas === 1);
    expect(pods().find(({ metadata }) => metadata.uid === pod?.metadata.uid)?.metadata.ownerReferences ?? []).toEqual(
      [],
    );
  });

  it("says in a condition and an event why pods cannot be created, and goes on when they can", async () => {
    const quota: ResourceQuota = {
      apiVersion: "v1",
      kind: "ResourceQuota",
      metadata: { name: "few", namespace: "default" },
      spec: { hard: { pods: "1" } },
    };
    cluster.api.create(ResourceQuota, quota);
    await cluster.settled();
    create(2);
    await cluster.until(() => status()?.conditions?.[0]?.type === "ReplicaFailure");
    expect(status()?.conditions?.[0]).toMatchObject({ status: "True", reason: "FailedCreate" });
    expect(status()?.conditions?.[0]?.message).toContain("exceeded quota: few");
    expect(
      cluster.api
        .list(CoreEvent)
        .some(({ reason, message }) => reason === "FailedCreate" && message.startsWith("Error creating: pods ")),
    ).toBe(true);
    cluster.api.delete(ResourceQuota, { namespace: "default", name: "few" });
    await cluster.until(() => status()?.readyReplicas === 2 && (status()?.conditions ?? []).length === 0);
  });
});

describe("podsToDelete()", () => {
  const pod = (
    name: string,
    { node = "n", phase = "Running", ready = true, cost = "", created = 1, restarts = 0 } = {},
  ): Pod => ({
    apiVersion: "v1",
    kind: "Pod",
    metadata: {
      name,
      creationTimestamp: `2026-01-01T00:00:0${created}Z`,
      ...(cost && { annotations: { "controller.kubernetes.io/pod-deletion-cost": cost } }),
    },
    spec: { containers: [], ...(node && { nodeName: node }) },
    status: {
      phase,
      conditions: [{ type: "Ready", status: ready ? "True" : "False" }],
      containerStatuses: [{ name: "c", image: "", imageID: "", ready, restartCount: restarts }],
    },
  });

  it.each([
    ["one that is not scheduled", pod("x", { node: "" })],
    ["one that does not run", pod("x", { phase: "Pending" })],
    ["one that is not ready", pod("x", { ready: false })],
    ["one that costs less", pod("x", { cost: "-1" })],
    ["one that was restarted", pod("x", { restarts: 3 })],
    ["the youngest", pod("x", { created: 2 })],
  ])("takes %s first", (_why, first) => {
    expect(podsToDelete([pod("a"), first, pod("b")], 1)).toEqual([first]);
  });
});
