import { controllerReference, type KubeObject, type OwnerReference } from "@moorage/kube-types";
import { Deployment, ReplicaSet } from "@moorage/kube-types/apps-v1";
import { ConfigMap, Namespace, Pod, Secret } from "@moorage/kube-types/core-v1";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { addNode, playNode, startTestCluster, type TestCluster } from "../testing/test-cluster.ts";
import { deployment, web } from "../testing/workloads.ts";

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

const key = (name: string) => ({ namespace: "default", name });
const configMap = (name: string, ...owners: OwnerReference[]): ConfigMap => ({
  apiVersion: "v1",
  kind: "ConfigMap",
  metadata: { name, namespace: "default", ...(owners.length > 0 && { ownerReferences: owners }) },
});
const create = (name: string, ...owners: OwnerReference[]) => cluster.api.create(ConfigMap, configMap(name, ...owners));
const plainReference = ({ apiVersion, kind, metadata }: KubeObject): OwnerReference => ({
  apiVersion,
  kind,
  name: metadata.name,
  uid: metadata.uid ?? "",
});
const exists = (name: string) => cluster.api.get(ConfigMap, key(name)) !== undefined;

describe("runGarbageCollector()", () => {
  it("deletes what a deleted owner leaves, down the chain", async () => {
    cluster.api.create(Deployment, deployment(2));
    await cluster.until(() => cluster.api.list(Pod).length === 2);
    cluster.api.delete(Deployment, web);
    await cluster.until(() => cluster.api.list(Pod).length === 0 && cluster.api.list(ReplicaSet).length === 0);
  });

  it("deletes an object whose owner never was, by uid and not by name", async () => {
    const owner = create("owner");
    create("child", { ...plainReference(owner), uid: "00000000-0000-0000-0000-000000000000" });
    await cluster.until(() => !exists("child"));
    expect(exists("owner")).toBe(true);
  });

  it("keeps an object while one of its owners is there, and drops the reference to the other", async () => {
    const [first, second] = [create("first"), create("second")];
    create("child", plainReference(first), plainReference(second));
    cluster.api.delete(ConfigMap, key("first"));
    await cluster.until(() => cluster.api.get(ConfigMap, key("child"))?.metadata.ownerReferences?.length === 1);
    expect(cluster.api.get(ConfigMap, key("child"))?.metadata.ownerReferences).toEqual([plainReference(second)]);
  });

  it("deletes dependents before their owner in the foreground", async () => {
    cluster.api.create(Deployment, deployment(2));
    await cluster.until(() => cluster.api.list(Pod).length === 2);
    const order: string[] = [];
    for (const type of [Pod, ReplicaSet, Deployment]) {
      cluster.api.watch<KubeObject>(type, (change) => change.type === "DELETED" && order.push(change.object.kind));
    }
    cluster.api.delete(Deployment, web, { propagationPolicy: "Foreground" });
    await cluster.until(() => order.includes("Deployment"));
    expect(order).toEqual(["Pod", "Pod", "ReplicaSet", "Deployment"]);
  });

  it("waits in the foreground only for dependents that block", async () => {
    const owner = create("owner");
    const held = { ...configMap("held", plainReference(owner)) };
    cluster.api.create(ConfigMap, { ...held, metadata: { ...held.metadata, finalizers: ["example.com/hold"] } });
    cluster.api.delete(ConfigMap, key("owner"), { propagationPolicy: "Foreground" });
    await cluster.until(() => !exists("owner"));
    expect(cluster.api.get(ConfigMap, key("held"))?.metadata.deletionTimestamp).toBeDefined();
  });

  it("leaves dependents without their owner when it is orphaned", async () => {
    const owner = create("owner");
    create("child", controllerReference(owner));
    await cluster.settled();
    cluster.api.delete(ConfigMap, key("owner"), { propagationPolicy: "Orphan" });
    await cluster.until(() => !exists("owner"));
    await cluster.settled();
    expect(cluster.api.get(ConfigMap, key("child"))?.metadata.ownerReferences ?? []).toEqual([]);
  });

  it("does not delete on a guess when the owner's kind is not served", async () => {
    create("child", { apiVersion: "example.com/v1", kind: "Unknown", name: "x", uid: "1" });
    await cluster.settled();
    expect(exists("child")).toBe(true);
  });
});

describe("namespaceController", () => {
  const other: Namespace = { apiVersion: "v1", kind: "Namespace", metadata: { name: "other" }, spec: {} };
  const secret: Secret = { apiVersion: "v1", kind: "Secret", metadata: { name: "s", namespace: "other" } };

  it("empties a deleted namespace and lets it go", async () => {
    cluster.api.create(Namespace, other);
    cluster.api.create(Secret, secret);
    await cluster.until(() => cluster.api.list(ConfigMap, { namespace: "other" }).length === 1);
    cluster.api.delete(Namespace, { name: "other" });
    await cluster.until(() => cluster.api.get(Namespace, { name: "other" }) === undefined);
    expect(cluster.api.list(Secret, { namespace: "other" })).toEqual([]);
  });

  it("says which finalizer holds a namespace up", async () => {
    cluster.api.create(Namespace, other);
    cluster.api.create(Secret, { ...secret, metadata: { ...secret.metadata, finalizers: ["example.com/hold"] } });
    cluster.api.delete(Namespace, { name: "other" });
    const message = () =>
      cluster.api
        .get(Namespace, { name: "other" })
        ?.status?.conditions?.find(({ type, status }) => type === "NamespaceFinalizersRemaining" && status === "True")
        ?.message;
    await cluster.until(() => message() !== undefined);
    expect(message()).toBe(
      "Some content in the namespace has finalizers remaining: example.com/hold in 1 resource instances",
    );
    const held = cluster.api.get(Secret, { namespace: "other", name: "s" });
    if (held) cluster.api.update(Secret, { ...held, metadata: { ...held.metadata, finalizers: [] } });
    await cluster.until(() => cluster.api.get(Namespace, { name: "other" }) === undefined);
  });
});
