import type { KubeObject } from "@moorage/kube-types";
import { Deployment, type StatefulSet } from "@moorage/kube-types/apps-v1";
import { ConfigMap, type Pod, Service } from "@moorage/kube-types/core-v1";
import type { EndpointSlice } from "@moorage/kube-types/discovery-v1";
import { describe, expect, it } from "vitest";
import { servesLabel } from "../../pods/labels.ts";
import { childReads, endpointReads, podReads } from "./reads.ts";

const metadata = { name: "web", namespace: "default" };

/** What is read of a child by the entry for its kind. */
function readOf(child: KubeObject, addressing: "dns" | "clusterIP" = "dns"): unknown {
  const entry = childReads(addressing).find(({ type }) => type.kind === child.kind);
  if (!entry) throw new Error(`Every change of a ${child.kind} is read`);
  return entry.of(child);
}

function workload(status?: Deployment["status"], spec: Partial<Deployment["spec"]> = { replicas: 1 }): Deployment {
  const labels = { app: "web" };
  const template = { metadata: { labels } };
  return {
    apiVersion: "apps/v1",
    kind: Deployment.kind,
    metadata,
    spec: { selector: { matchLabels: labels }, template, ...spec },
    ...(status && { status }),
  };
}

describe("what is read of workloads", () => {
  const before = { replicas: 1, updatedReplicas: 1, availableReplicas: 0, unavailableReplicas: 1 };
  const failure = { type: "ReplicaFailure", status: "True" as const, message: "exceeded quota" };

  it.each<[string, Deployment]>([
    ["a pod that is there", workload({ ...before, replicas: 2 })],
    ["an available pod", workload({ ...before, availableReplicas: 1 })],
    ["an updated pod", workload({ ...before, updatedReplicas: 0 })],
    ["another number of pods wanted", workload(before, { replicas: 0 })],
    ["why pods cannot be created", workload({ ...before, conditions: [failure] })],
  ])("holds %s", (_, after) => {
    expect(readOf(after)).not.toEqual(readOf(workload(before)));
  });

  it("holds whether a change was looked at, where a pod is available", () => {
    const read = (observedGeneration: number) => {
      const changed = workload({ ...before, availableReplicas: 1, observedGeneration });
      return readOf({ ...changed, metadata: { ...changed.metadata, generation: 2 } });
    };
    expect(read(1)).not.toEqual(read(2));
  });

  it.each<[string, Deployment]>([
    ["which generation was looked at while no pod is available", workload({ ...before, observedGeneration: 2 })],
    ["pods that are not available", workload({ ...before, unavailableReplicas: 2 })],
    ["that it progresses", workload({ ...before, conditions: [{ type: "Progressing", status: "True" }] })],
    ["failures that are over", workload({ ...before, conditions: [{ ...failure, status: "False" }] })],
    ["revisions", { ...workload(before), metadata: { ...metadata, annotations: { revision: "1" } } }],
  ])("does not hold %s", (_, after) => {
    expect(readOf(after)).toEqual(readOf(workload(before)));
  });

  it("is nothing where a pod is wanted and nothing has come of it", () => {
    const set: StatefulSet = { ...workload({ replicas: 0 }), kind: "StatefulSet", status: { replicas: 0 } };
    expect([readOf(workload()), readOf(set), readOf(workload(undefined, {}))]).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
    expect(readOf(workload(undefined, { replicas: 0 }))).toBeDefined();
  });
});

describe("what is read of other children", () => {
  it("is nothing but the address of a Service, where it is what clients are told", () => {
    const service: Service = { apiVersion: "v1", kind: Service.kind, metadata, spec: { clusterIP: "10.0.0.7" } };
    const configMap: ConfigMap = { apiVersion: "v1", kind: ConfigMap.kind, metadata, data: { a: "1" } };
    expect(readOf(service, "clusterIP")).toBe("10.0.0.7");
    expect([readOf(service), readOf(configMap)]).toEqual([undefined, undefined]);
  });
});

describe("podReads()", () => {
  function pod(status: Pod["status"], more: Partial<Pod["metadata"]> = {}): Pod {
    const labels = { [servesLabel]: "proxy" };
    const spec = { containers: [{ name: "mcp" }] };
    return {
      apiVersion: "v1",
      kind: "Pod",
      metadata: { ...metadata, labels, ...more },
      spec,
      ...(status && { status }),
    };
  }
  const container = { name: "mcp", image: "x", imageID: "", ready: false, restartCount: 0 };
  const before: Pod["status"] = { podIP: "10.0.0.7", containerStatuses: [container] };

  it.each<[string, Pod]>([
    ["its address", pod({ ...before, podIP: "10.0.0.8" })],
    ["that it is ready", pod({ ...before, conditions: [{ type: "Ready", status: "True" }] })],
    ["that no node takes it", pod({ ...before, conditions: [{ type: "PodScheduled", status: "False" }] })],
    ["how its containers are", pod({ ...before, containerStatuses: [{ ...container, ready: true }] })],
    ["how its init containers are", pod({ ...before, initContainerStatuses: [container] })],
    ["that it goes", pod(before, { deletionTimestamp: "2026-01-01T00:00:00Z" })],
    ["whom it serves", pod(before, { labels: { [servesLabel]: "clients" } })],
  ])("holds %s", (_, after) => {
    expect(podReads(after)).not.toEqual(podReads(pod(before)));
  });

  it.each<[string, Pod]>([
    ["a change of its phase alone", pod({ ...before, phase: "Pending" })],
    ["conditions that nobody asks for", pod({ ...before, conditions: [{ type: "Initialized", status: "True" }] })],
    ["annotations", pod(before, { annotations: { note: "x" } })],
  ])("does not hold %s", (_, after) => {
    expect(podReads(after)).toEqual(podReads(pod(before)));
  });

  it("gives nothing for a pod that nobody has taken on", () => {
    expect([podReads(pod(undefined)), podReads(pod({ phase: "Pending" }))]).toEqual([undefined, undefined]);
    expect(podReads(pod({ conditions: [{ type: "PodScheduled", status: "False" }] }))).toBeDefined();
  });
});

describe("endpointReads()", () => {
  function slice(...endpoints: NonNullable<EndpointSlice["endpoints"]>): EndpointSlice {
    const labels = { "kubernetes.io/service-name": "web" };
    const kind = "EndpointSlice";
    return {
      apiVersion: "discovery.k8s.io/v1",
      kind,
      metadata: { ...metadata, labels },
      addressType: "IPv4",
      endpoints,
    };
  }
  const endpoint = (ready?: boolean) => ({ addresses: ["10.0.0.7"], conditions: ready === undefined ? {} : { ready } });

  it.each<[string, EndpointSlice, unknown]>([
    ["no endpoint", slice(), undefined],
    ["an endpoint that is not ready", slice(endpoint(false)), undefined],
    ["a ready one", slice(endpoint(false), endpoint(true)), "web"],
    ["one of which nothing is known, which counts as ready", slice(endpoint()), "web"],
  ])("tells of %s", (_, of, read) => {
    expect(endpointReads(of)).toBe(read);
  });
});
