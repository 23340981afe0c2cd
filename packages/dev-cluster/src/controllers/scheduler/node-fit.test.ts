import type { Node, Pod, PodSpec } from "@moorage/kube-types/core-v1";
import { describe, expect, it } from "vitest";
import { whyNot } from "./node-fit.ts";

const node = (spec: Node["spec"] = {}, labels: Record<string, string> = {}): Node => ({
  apiVersion: "v1",
  kind: "Node",
  metadata: { name: "n", labels },
  spec,
  status: { allocatable: { cpu: "2", memory: "1Gi", pods: "3" } },
});
const pod = (spec: Partial<PodSpec> = {}): Pod => ({
  apiVersion: "v1",
  kind: "Pod",
  metadata: { name: "p", namespace: "default" },
  spec: { containers: [{ name: "c" }], ...spec },
});
const asking = (cpu: string, init?: string): Pod =>
  pod({
    containers: [{ name: "c", resources: { requests: { cpu } } }],
    ...(init && { initContainers: [{ name: "i", resources: { requests: { cpu: init } } }] }),
  });
const taint = { key: "dedicated", value: "db", effect: "NoSchedule" };

describe("whyNot()", () => {
  const rows: [string, Pod, Node, Pod[], string | undefined][] = [
    ["an empty node takes a plain pod", pod(), node(), [], undefined],
    ["a cordoned node takes none", pod(), node({ unschedulable: true }), [], "node(s) were unschedulable"],
    [
      "a label that is missing",
      pod({ nodeSelector: { disk: "ssd" } }),
      node(),
      [],
      "node(s) didn't match Pod's node affinity/selector",
    ],
    ["a label that matches", pod({ nodeSelector: { disk: "ssd" } }), node({}, { disk: "ssd" }), [], undefined],
    ["a taint", pod(), node({ taints: [taint] }), [], "node(s) had untolerated taint(s)"],
    [
      "a taint that is only a preference",
      pod(),
      node({ taints: [{ ...taint, effect: "PreferNoSchedule" }] }),
      [],
      undefined,
    ],
    ["a toleration of key and value", pod({ tolerations: [taint] }), node({ taints: [taint] }), [], undefined],
    [
      "a toleration of another value",
      pod({ tolerations: [{ ...taint, value: "web" }] }),
      node({ taints: [taint] }),
      [],
      "node(s) had untolerated taint(s)",
    ],
    [
      "a toleration of everything",
      pod({ tolerations: [{ operator: "Exists" }] }),
      node({ taints: [taint] }),
      [],
      undefined,
    ],
    ["requests that fit exactly", asking("500m"), node(), [asking("1500m")], undefined],
    ["requests that are too much", asking("501m"), node(), [asking("1500m")], "Insufficient cpu"],
    ["an init container counts if it is larger", asking("100m", "3"), node(), [], "Insufficient cpu"],
    ["no room for another pod", pod(), node(), [pod(), pod(), pod()], "Too many pods"],
  ];
  it.each(rows)("%s", (...[, wanted, candidate, pods, expected]) => {
    expect(whyNot(wanted, { node: candidate, pods })).toBe(expected);
  });
});
