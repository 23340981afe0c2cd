import type { Deployment } from "@moorage/kube-types/apps-v1";
import type { WebApp } from "@moorage/resources";
import { describe, expect, it } from "vitest";
import { phaseOf, statusOf, type WebAppObservation } from "./status.ts";

function app(replicas: number, phase?: string): WebApp {
  return {
    apiVersion: "example.com/v1",
    kind: "WebApp",
    metadata: { name: "shop" },
    spec: { image: "shop:1", replicas, port: 80 },
    ...(phase && { status: { phase } }),
  };
}

interface Counts {
  wanted: number;
  replicas: number;
  updated: number;
  available: number;
  observed?: number;
}

function deployment({ wanted, replicas, updated, available, observed = 1 }: Counts): Deployment {
  return {
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: { name: "shop", generation: 1 },
    spec: { replicas: wanted, selector: {}, template: {} },
    status: { replicas, updatedReplicas: updated, availableReplicas: available, observedGeneration: observed },
  };
}

const observation = (app: WebApp, deployment?: Deployment): WebAppObservation => ({
  app,
  deployment,
  template: undefined,
  pods: [],
});

describe("phaseOf()", () => {
  it.each<[string, string, WebApp, Deployment | undefined]>([
    ["Created", "nobody has looked at it", app(3), undefined],
    ["Reconciling", "its Deployment is being made", app(3, "Created"), undefined],
    [
      "WaitingForPodsReady",
      "its first pods start",
      app(3, "Reconciling"),
      deployment({ wanted: 3, replicas: 3, updated: 3, available: 1 }),
    ],
    [
      "WaitingForPodsReady",
      "the Deployment's status is of an older generation",
      app(3, "Reconciling"),
      deployment({ wanted: 3, replicas: 3, updated: 3, available: 3, observed: 0 }),
    ],
    [
      "Ready",
      "all pods are available",
      app(3, "WaitingForPodsReady"),
      deployment({ wanted: 3, replicas: 3, updated: 3, available: 3 }),
    ],
    [
      "Scaling",
      "a ready app is to have more pods",
      app(5, "Ready"),
      deployment({ wanted: 3, replicas: 3, updated: 3, available: 3 }),
    ],
    [
      "Scaling",
      "the pods are coming",
      app(5, "Scaling"),
      deployment({ wanted: 5, replicas: 5, updated: 5, available: 4 }),
    ],
    [
      "Scaling",
      "the pods are going",
      app(1, "Scaling"),
      deployment({ wanted: 1, replicas: 3, updated: 3, available: 3 }),
    ],
    ["Ready", "scaling is over", app(5, "Scaling"), deployment({ wanted: 5, replicas: 5, updated: 5, available: 5 })],
    [
      "WaitingForPodsReady",
      "a ready app gets a new image",
      app(3, "Ready"),
      deployment({ wanted: 3, replicas: 4, updated: 1, available: 3 }),
    ],
    [
      "Ready",
      "no pods are wanted",
      app(0, "Scaling"),
      deployment({ wanted: 0, replicas: 0, updated: 0, available: 0 }),
    ],
  ])("is %s when %s", (phase, _, webApp, child) => {
    expect(phaseOf(observation(webApp, child))).toBe(phase);
  });
});

/** Everything that can be seen of a Deployment, as far as the phase is concerned. */
const sights: readonly Partial<WebAppObservation>[] = [
  { deployment: undefined },
  { deployment: deployment({ wanted: 3, replicas: 3, updated: 3, available: 3 }) },
  { deployment: deployment({ wanted: 3, replicas: 3, updated: 3, available: 1 }) },
  { deployment: deployment({ wanted: 3, replicas: 4, updated: 1, available: 3 }) },
  { deployment: deployment({ wanted: 3, replicas: 3, updated: 3, available: 3, observed: 0 }) },
  { template: { type: "PodTemplateValid", status: "False", reason: "CannotMerge", message: "" } },
];

describe("the transitions of a WebApp", () => {
  // Document S3 draws Created → Reconciling → WaitingForPodsReady → Ready ⇄ Scaling. Steps that are over before anyone
  // looks are skipped; a Deployment that is deleted, a new image and a failure lead back.
  it.each([
    [undefined, ["Created", "Failed"]],
    ["Created", ["Failed", "Ready", "Reconciling", "WaitingForPodsReady"]],
    ["Reconciling", ["Failed", "Ready", "Reconciling", "WaitingForPodsReady"]],
    ["WaitingForPodsReady", ["Failed", "Ready", "Reconciling", "WaitingForPodsReady"]],
    ["Ready", ["Failed", "Ready", "Reconciling", "Scaling", "WaitingForPodsReady"]],
    ["Scaling", ["Failed", "Ready", "Reconciling", "Scaling", "WaitingForPodsReady"]],
    ["Failed", ["Failed", "Ready", "Reconciling", "WaitingForPodsReady"]],
  ])("lead from %s to %j and nowhere else", (from, expected) => {
    const seen = sights.map((sight) => phaseOf({ ...observation(app(3, from)), ...sight }));
    expect([...new Set(seen)].sort()).toEqual(expected);
  });
});

describe("statusOf()", () => {
  it("takes the numbers from the Deployment, not from the spec", () => {
    const { status } = statusOf(
      observation(app(5, "Ready"), deployment({ wanted: 5, replicas: 4, updated: 4, available: 2 })),
    );
    expect(status).toMatchObject({ replicas: 4, availableReplicas: 2 });
  });

  it("tells why a pod does not start, and that something still serves", () => {
    const seen = observation(app(2, "Ready"), deployment({ wanted: 2, replicas: 3, updated: 1, available: 2 }));
    const broken = {
      apiVersion: "v1",
      kind: "Pod",
      metadata: { name: "shop-x" },
      spec: { containers: [] },
      status: {
        containerStatuses: [
          {
            name: "app",
            image: "shop:2",
            imageID: "",
            ready: false,
            restartCount: 0,
            state: { waiting: { reason: "ErrImagePull", message: "not found" } },
          },
        ],
      },
    };
    const { status, conditions } = statusOf({ ...seen, pods: [broken] });
    expect(status.phase).toBe("Failed");
    expect(conditions).toContainEqual(
      expect.objectContaining({ type: "Ready", status: "False", reason: "ImagePullFailed" }),
    );
    expect(conditions).toContainEqual(expect.objectContaining({ type: "Available", status: "True" }));
    expect(conditions).toContainEqual(
      expect.objectContaining({ type: "Degraded", status: "True", reason: "ImagePullFailed" }),
    );
  });
});
