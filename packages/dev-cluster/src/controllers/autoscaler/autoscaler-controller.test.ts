import { Deployment } from "@moorage/kube-types/apps-v1";
import { HorizontalPodAutoscaler } from "@moorage/kube-types/autoscaling-v2";
import { PodDisruptionBudget } from "@moorage/kube-types/policy-v1";
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

const autoscale = (minReplicas: number, maxReplicas: number, name = "web") =>
  cluster.api.create(HorizontalPodAutoscaler, {
    apiVersion: "autoscaling/v2",
    kind: "HorizontalPodAutoscaler",
    metadata: { name: "web", namespace: "default" },
    spec: { minReplicas, maxReplicas, scaleTargetRef: { apiVersion: "apps/v1", kind: "Deployment", name } },
  });
const condition = (type: string) =>
  cluster.api.get(HorizontalPodAutoscaler, web)?.status?.conditions?.find((one) => one.type === type);

describe("autoscalerController", () => {
  it("raises the target to minReplicas", async () => {
    cluster.api.create(Deployment, deployment(1));
    autoscale(3, 5);
    await cluster.until(() => cluster.api.get(Deployment, web)?.spec.replicas === 3);
  });

  it("says that there are no metrics to scale by, and leaves the target alone", async () => {
    cluster.api.create(Deployment, deployment(2));
    autoscale(1, 5);
    await cluster.until(() => condition("ScalingActive")?.status === "False");
    expect(condition("ScalingActive")).toMatchObject({ reason: "FailedGetResourceMetric" });
    expect(condition("AbleToScale")).toMatchObject({ status: "True", reason: "SucceededGetScale" });
    expect(cluster.api.get(Deployment, web)?.spec.replicas).toBe(2);
  });

  it("says that its target does not exist", async () => {
    autoscale(1, 5, "none");
    await cluster.until(() => condition("AbleToScale")?.reason === "FailedGetScale");
    expect(condition("AbleToScale")?.message).toContain('"none" not found');
  });
});

describe("disruptionBudgetController", () => {
  it.each([
    ["a number that must stay", { minAvailable: 2 }, 1, 2],
    ["a share that must stay", { minAvailable: "50%" }, 1, 2],
    ["a number that may go", { maxUnavailable: 1 }, 1, 2],
    ["nothing may go", { maxUnavailable: 0 }, 0, 3],
  ])("counts what may be evicted: %s", async (_why, limits, disruptionsAllowed, desiredHealthy) => {
    cluster.api.create(Deployment, deployment(3));
    cluster.api.create(PodDisruptionBudget, {
      apiVersion: "policy/v1",
      kind: "PodDisruptionBudget",
      metadata: { name: "web", namespace: "default" },
      spec: { selector: { matchLabels: { app: "web" } }, ...limits },
    });
    const status = () => cluster.api.get(PodDisruptionBudget, web)?.status;
    await cluster.until(() => status()?.currentHealthy === 3);
    expect(status()).toMatchObject({ expectedPods: 3, disruptionsAllowed, desiredHealthy });
  });
});
