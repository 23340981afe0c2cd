import type { NetworkPolicySpec } from "@moorage/kube-types/networking-v1";
import { describe, expect, it } from "vitest";
import { egressOf, withoutNetwork } from "./egress.ts";

const pod = { apiVersion: "v1", kind: "Pod", metadata: { name: "p", labels: { app: "a" } }, spec: { containers: [] } };
const policy = (spec: Partial<NetworkPolicySpec>) => ({
  apiVersion: "networking.k8s.io/v1",
  kind: "NetworkPolicy",
  metadata: { name: "limits" },
  spec: { podSelector: { matchLabels: { app: "a" } }, policyTypes: ["Egress"], ...spec },
});

describe("egressOf()", () => {
  it.each([
    ["no policy", [], "open"],
    ["a policy for other pods", [policy({ podSelector: { matchLabels: { app: "b" } } })], "open"],
    ["a policy about incoming traffic", [policy({ policyTypes: ["Ingress"] })], "open"],
    ["a policy without rules", [policy({})], "closed"],
    ["one that allows everything beside it", [policy({}), policy({ egress: [{}] })], "open"],
    ["a policy with rules", [policy({ egress: [{ ports: [{ port: 443 }] }] })], { limitedBy: "limits" }],
    ["one that selects every pod", [policy({ podSelector: {} })], "closed"],
  ])("knows with %s what a pod may reach", (_, policies, expected) => {
    expect(egressOf(pod, policies)).toEqual(expected);
  });
});

describe("withoutNetwork()", () => {
  const bridge = ["/volumes/bridge/nc", "-ll", "-p", "8080", "-e"];

  it("puts the program behind the bridge into an empty network namespace", () => {
    expect(withoutNetwork([...bridge, "node", "server.js"], { listens: true, isRoot: true })).toEqual([
      ...bridge,
      ...["unshare", "--net", "--", "node", "server.js"],
    ]);
    expect(withoutNetwork([...bridge, "node"], { listens: true, isRoot: false })).toEqual([
      ...bridge,
      ...["unshare", "--user", "--map-current-user", "--net", "--", "node"],
    ]);
  });

  it("puts a program that nobody connects to into one as a whole", () => {
    expect(withoutNetwork(["node", "job.js"], { listens: false, isRoot: true })).toEqual([
      ...["unshare", "--net", "--", "node", "job.js"],
    ]);
  });

  it("cannot isolate what has to listen itself", () => {
    expect(withoutNetwork(["node", "server.js", "-e"], { listens: true, isRoot: true })).toBeUndefined();
  });
});
