import type { Service } from "@moorage/kube-types/core-v1";
import type { Endpoint, EndpointSlice } from "@moorage/kube-types/discovery-v1";
import { describe, expect, it } from "vitest";
import { namesOf } from "./cluster-names.ts";
import { listenersOf } from "./service-table.ts";

const service = (spec: Service["spec"]): Service => ({
  apiVersion: "v1",
  kind: "Service",
  metadata: { name: "web", namespace: "ns" },
  spec,
});
const slice = (endpoints: Endpoint[], ports = [{ name: "", port: 8080, protocol: "TCP" }]): EndpointSlice => ({
  apiVersion: "discovery.k8s.io/v1",
  kind: "EndpointSlice",
  metadata: { name: "web-x", namespace: "ns", labels: { "kubernetes.io/service-name": "web" } },
  addressType: "IPv4",
  endpoints,
  ports,
});
const ready = (address: string, hostname?: string): Endpoint => ({
  addresses: [address],
  conditions: { ready: true, serving: true, terminating: false },
  ...(hostname && { hostname }),
});
const ending = (address: string, serving: boolean): Endpoint => ({
  addresses: [address],
  conditions: { ready: false, serving, terminating: true },
});
const plain = service({ clusterIP: "127.96.0.9", ports: [{ port: 80 }] });
const targets = (endpoints: Endpoint[]) =>
  listenersOf(plain, [slice(endpoints)], "127.0.0.1")[0]?.targets.map(({ address }) => address);

describe("listenersOf()", () => {
  it("leads a Service's port to the port of its ready endpoints", () => {
    expect(listenersOf(plain, [slice([ready("127.88.0.1")])], "127.0.0.1")).toEqual([
      { id: "127.96.0.9:80", host: "127.96.0.9", port: 80, targets: [{ address: "127.88.0.1", port: 8080 }] },
    ]);
  });

  it("matches ports by their names", () => {
    const named = service({
      clusterIP: "127.96.0.9",
      ports: [
        { name: "a", port: 1 },
        { name: "b", port: 2 },
      ],
    });
    const ports = [
      { name: "a", port: 10, protocol: "TCP" },
      { name: "b", port: 20, protocol: "TCP" },
    ];
    expect(
      listenersOf(named, [slice([ready("127.88.0.1")], ports)], "").map((one) => [one.port, one.targets[0]?.port]),
    ).toEqual([
      [1, 10],
      [2, 20],
    ]);
  });

  it.each([
    ["ready ones only", [ready("a"), ending("b", true)], ["a"]],
    ["those that still serve while none is ready", [ending("b", true), ending("c", false)], ["b"]],
    ["none", [], []],
  ])("sends to %s", (_why, endpoints, expected) => {
    expect(targets(endpoints)).toEqual(expected);
  });

  it("listens on node ports too, and on nothing for headless Services and UDP", () => {
    const node = service({ clusterIP: "127.96.0.9", ports: [{ port: 80, nodePort: 30080 }] });
    expect(listenersOf(node, [], "127.0.0.1").map(({ id }) => id)).toEqual(["127.96.0.9:80", "127.0.0.1:30080"]);
    expect(listenersOf(service({ clusterIP: "None", ports: [{ port: 80 }] }), [], "")).toEqual([]);
    expect(listenersOf(service({ clusterIP: "127.96.0.9", ports: [{ port: 53, protocol: "UDP" }] }), [], "")).toEqual(
      [],
    );
  });

  it("keeps clients at their endpoint for the time of the affinity, by default three hours", () => {
    const sticky = service({ clusterIP: "127.96.0.9", ports: [{ port: 80 }], sessionAffinity: "ClientIP" });
    expect(listenersOf(sticky, [], "")[0]?.affinitySeconds).toBe(10_800);
  });
});

describe("namesOf()", () => {
  it("names a Service by its cluster IP", () => {
    expect(namesOf([plain], [slice([ready("127.88.0.1")])])).toBe("127.96.0.9 web.ns.svc.cluster.local\n");
  });

  it("names a headless Service by its ready pods, and these by their host names", () => {
    const headless = service({ clusterIP: "None" });
    expect(
      namesOf([headless], [slice([ready("127.88.0.1", "web-0"), ready("127.88.0.2"), ending("127.88.0.3", true)])]),
    ).toBe(
      "127.88.0.1 web-0.web.ns.svc.cluster.local\n127.88.0.1 web.ns.svc.cluster.local\n127.88.0.2 web.ns.svc.cluster.local\n",
    );
  });
});
