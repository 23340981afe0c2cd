import { Node, Pod } from "@moorage/kube-types/core-v1";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { CoreEvent } from "../runtime/core-event.ts";
import { addNode, startTestCluster, type TestCluster } from "../testing/test-cluster.ts";

let cluster: TestCluster;

beforeEach(() => {
  cluster = startTestCluster();
});
afterEach(() => {
  cluster.stop();
  expect(cluster.errors).toEqual([]);
});

const key = { namespace: "default", name: "p" };
const createPod = (name = "p") =>
  cluster.api.create(Pod, {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name, namespace: "default" },
    spec: { containers: [{ name: "c", image: "i" }] },
  });
const stored = () => cluster.api.get(Pod, key);
const scheduled = () => stored()?.status?.conditions?.find(({ type }) => type === "PodScheduled");
const events = (reason: string) => cluster.api.list(CoreEvent).filter((event) => event.reason === reason);

describe("scheduler", () => {
  it("binds a pod to a node and says so", async () => {
    addNode(cluster.api);
    createPod();
    await cluster.until(() => stored()?.spec?.nodeName === "node-1");
    expect(scheduled()).toMatchObject({ status: "True" });
    await cluster.until(() => events("Scheduled").length === 1);
    expect(events("Scheduled")[0]?.message).toBe("Successfully assigned default/p to node-1");
  });

  it("says why a pod waits, once, and binds it when a node fits", async () => {
    const node = addNode(cluster.api, "node-1", { spec: { unschedulable: true } });
    createPod();
    await cluster.until(() => scheduled()?.status === "False");
    expect(scheduled()).toMatchObject({
      reason: "Unschedulable",
      message: "0/1 nodes are available: 1 node(s) were unschedulable.",
    });
    await cluster.settled();
    expect(events("FailedScheduling")).toHaveLength(1);
    cluster.api.update(Node, { ...node, spec: {} });
    await cluster.until(() => stored()?.spec?.nodeName === "node-1");
  });

  it("waits for a first node", async () => {
    createPod();
    await cluster.until(() => scheduled()?.message === "no nodes available to schedule pods");
    addNode(cluster.api);
    await cluster.until(() => stored()?.spec?.nodeName === "node-1");
  });

  it("prefers the node with the fewest pods", async () => {
    for (const name of ["a", "b"]) addNode(cluster.api, name);
    for (const name of ["p", "q", "r", "s"]) createPod(name);
    const nodes = () => cluster.api.list(Pod).map(({ spec }) => spec?.nodeName);
    await cluster.until(() => nodes().every((name) => name !== undefined));
    expect(nodes().sort()).toEqual(["a", "a", "b", "b"]);
  });
});
