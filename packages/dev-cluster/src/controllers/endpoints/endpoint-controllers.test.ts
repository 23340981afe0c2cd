import { StatefulSet } from "@moorage/kube-types/apps-v1";
import { Endpoints, Pod, Service } from "@moorage/kube-types/core-v1";
import { EndpointSlice } from "@moorage/kube-types/discovery-v1";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { addNode, playNode, startTestCluster, type TestCluster } from "../testing/test-cluster.ts";
import { service, statefulSet, web } from "../testing/workloads.ts";

let cluster: TestCluster;
let ready: (pod: Pod) => boolean;
let stopNode: () => void;

beforeEach(() => {
  cluster = startTestCluster();
  addNode(cluster.api);
  ready = () => true;
  stopNode = playNode(cluster.api, { ready: (pod) => ready(pod) });
});
afterEach(() => {
  cluster.stop();
  expect(cluster.errors).toEqual([]);
});

const slice = () => cluster.api.list(EndpointSlice)[0];
const endpoints = () => slice()?.endpoints ?? [];
const subsets = () => cluster.api.get(Endpoints, web)?.subsets ?? [];
const start = (replicas: number, spec: Partial<StatefulSet["spec"]> = {}) =>
  cluster.api.create(StatefulSet, statefulSet(replicas, "web:1", { podManagementPolicy: "Parallel", ...spec }));

describe("endpointSliceController and endpointsController", () => {
  it("list the ready pods behind a Service with their target port", async () => {
    cluster.api.create(Service, service());
    start(2);
    await cluster.until(
      () =>
        endpoints().filter(({ conditions }) => conditions?.ready).length === 2 && subsets()[0]?.addresses?.length === 2,
    );
    expect(slice()).toMatchObject({
      addressType: "IPv4",
      metadata: {
        labels: {
          "kubernetes.io/service-name": "web",
          "endpointslice.kubernetes.io/managed-by": "endpointslice-controller.k8s.io",
        },
      },
      ports: [{ port: 8080, protocol: "TCP" }],
    });
    expect(endpoints()[0]).toMatchObject({
      conditions: { ready: true, serving: true, terminating: false },
      nodeName: "node-1",
      targetRef: { kind: "Pod", name: "web-0" },
    });
    expect(subsets()[0]?.ports).toEqual([{ port: 8080, protocol: "TCP" }]);
  });

  it("keep pods that are not ready apart", async () => {
    ready = (pod) => pod.metadata.name === "web-0";
    cluster.api.create(Service, service());
    start(1);
    await cluster.until(() => endpoints()[0]?.conditions?.ready === true);
    const pod = cluster.api.get(Pod, { namespace: "default", name: "web-0" });
    if (!pod) throw new Error("gone");
    const conditions = [{ type: "Ready", status: "False" }];
    cluster.api.update(Pod, { ...pod, status: { ...pod.status, conditions } }, { subresource: "status" });
    await cluster.until(
      () => endpoints()[0]?.conditions?.ready === false && subsets()[0]?.notReadyAddresses?.length === 1,
    );
    expect(subsets()[0]?.addresses).toBeUndefined();
  });

  it("take a pod out as soon as it is being deleted, although it still serves", async () => {
    cluster.api.create(Service, service());
    start(1);
    await cluster.until(() => endpoints()[0]?.conditions?.ready === true);
    stopNode();
    cluster.api.delete(Pod, { namespace: "default", name: "web-0" });
    await cluster.until(() => endpoints()[0]?.conditions?.terminating === true && subsets().length === 0);
    expect(endpoints()[0]?.conditions).toEqual({ ready: false, serving: true, terminating: true });
  });

  it("name the pods of a headless Service, also unready ones when asked to", async () => {
    cluster.api.create(Service, service({ clusterIP: "None", publishNotReadyAddresses: true }));
    start(1);
    await cluster.until(() => endpoints().length === 1);
    expect(endpoints()[0]).toMatchObject({ hostname: "web-0", conditions: { ready: true } });
    expect(slice()?.metadata.labels).toHaveProperty("service.kubernetes.io/headless", "");
  });

  it("look a named port up in each pod", async () => {
    cluster.api.create(Service, service({ ports: [{ name: "http", port: 80, targetPort: "web" }] }));
    const { template } = statefulSet(1).spec;
    const containers = [{ name: "web", image: "web:1", ports: [{ name: "web", containerPort: 9090 }] }];
    start(1, { template: { ...template, spec: { containers } } });
    await cluster.until(() => slice()?.ports?.[0]?.port === 9090);
    expect(slice()?.ports).toEqual([{ name: "http", port: 9090, protocol: "TCP" }]);
  });

  it("leave a Service without selector to others", async () => {
    cluster.api.create(Service, { ...service(), spec: { ports: [{ port: 80 }] } });
    start(1);
    await cluster.until(() => cluster.api.list(Pod)[0]?.status?.phase === "Running");
    await cluster.settled();
    expect(cluster.api.list(EndpointSlice)).toEqual([]);
  });

  it("go with their Service", async () => {
    cluster.api.create(Service, service());
    await cluster.until(() => slice() !== undefined && cluster.api.get(Endpoints, web) !== undefined);
    cluster.api.delete(Service, web);
    await cluster.until(() => slice() === undefined && cluster.api.get(Endpoints, web) === undefined);
  });
});
