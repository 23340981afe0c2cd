import { Job } from "@moorage/kube-types/batch-v1";
import { Pod } from "@moorage/kube-types/core-v1";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { addNode, setPodStatus, startTestCluster, type TestCluster } from "../testing/test-cluster.ts";
import { formatIndexes } from "./job-counts.ts";

let cluster: TestCluster;

beforeEach(() => {
  cluster = startTestCluster();
  addNode(cluster.api);
});
afterEach(() => {
  cluster.stop();
  expect(cluster.errors).toEqual([]);
});

const key = { namespace: "default", name: "work" };
const create = (spec: Partial<NonNullable<Job["spec"]>> = {}) =>
  cluster.api.create(Job, {
    apiVersion: "batch/v1",
    kind: "Job",
    metadata: { name: "work", namespace: "default" },
    spec: { template: { spec: { restartPolicy: "Never", containers: [{ name: "c", image: "i" }] } }, ...spec },
  });
const status = () => cluster.api.get(Job, key)?.status;
const active = () =>
  cluster.api
    .list(Pod)
    .filter((pod) => !pod.metadata.deletionTimestamp && !["Succeeded", "Failed"].includes(pod.status?.phase ?? ""));
const end = (pod: Pod | undefined, phase: "Succeeded" | "Failed") => pod && setPodStatus(cluster.api, pod, { phase });
const condition = (type: string) => status()?.conditions?.find((one) => one.type === type);

describe("jobController", () => {
  it("runs one pod to its success", async () => {
    create();
    await cluster.until(() => active().length === 1 && status()?.active === 1);
    end(active()[0], "Succeeded");
    await cluster.until(() => condition("Complete")?.status === "True");
    expect(status()).toMatchObject({ succeeded: 1 });
    expect(status()?.completionTime).toBeDefined();
    expect(status()?.active).toBeUndefined();
  });

  it("runs as many pods at a time as parallelism allows, until completions are reached", async () => {
    create({ completions: 3, parallelism: 2 });
    await cluster.until(() => active().length === 2);
    end(active()[0], "Succeeded");
    await cluster.until(() => status()?.succeeded === 1 && active().length === 2);
    end(active()[0], "Succeeded");
    await cluster.until(() => status()?.succeeded === 2 && active().length === 1);
    end(active()[0], "Succeeded");
    await cluster.until(() => condition("Complete")?.status === "True");
    expect(cluster.api.list(Pod)).toHaveLength(3);
  });

  it("fails when more pods fail than backoffLimit allows", async () => {
    create({ backoffLimit: 0 });
    await cluster.until(() => active().length === 1);
    end(active()[0], "Failed");
    await cluster.until(() => condition("Failed")?.status === "True");
    expect(condition("Failed")).toMatchObject({ reason: "BackoffLimitExceeded" });
    expect(condition("FailureTarget")).toMatchObject({ status: "True" });
    expect(active()).toEqual([]);
  });

  it("waits before it replaces a pod that failed", async () => {
    create({ backoffLimit: 3 });
    await cluster.until(() => active().length === 1);
    end(active()[0], "Failed");
    await cluster.until(() => status()?.failed === 1);
    await cluster.settled();
    expect(active()).toEqual([]);
  });

  it("ends with its deadline", async () => {
    create({ activeDeadlineSeconds: 1 });
    await cluster.until(() => condition("Failed")?.reason === "DeadlineExceeded");
    await cluster.until(() => active().length === 0);
  });

  it("is deleted with its pods after ttlSecondsAfterFinished", async () => {
    create({ ttlSecondsAfterFinished: 0 });
    await cluster.until(() => active().length === 1);
    end(active()[0], "Succeeded");
    await cluster.until(() => cluster.api.get(Job, key) === undefined && cluster.api.list(Pod).length === 0);
  });

  it("numbers the pods of an Indexed Job", async () => {
    create({ completionMode: "Indexed", completions: 2, parallelism: 2 });
    await cluster.until(() => active().length === 2);
    const indexes = active().map(({ metadata }) => metadata.annotations?.["batch.kubernetes.io/job-completion-index"]);
    expect(indexes.sort()).toEqual(["0", "1"]);
    expect(active()[0]?.spec?.containers[0]?.env?.[0]?.name).toBe("JOB_COMPLETION_INDEX");
    for (const pod of active()) end(pod, "Succeeded");
    await cluster.until(() => condition("Complete")?.status === "True");
    expect(status()?.completedIndexes).toBe("0,1");
  });

  it("runs nothing while suspended", async () => {
    create({ suspend: true });
    await cluster.until(() => condition("Suspended")?.status === "True");
    expect(active()).toEqual([]);
    const job = cluster.api.get(Job, key);
    if (job?.spec) cluster.api.update(Job, { ...job, spec: { ...job.spec, suspend: false } });
    await cluster.until(() => active().length === 1);
  });
});

describe("formatIndexes()", () => {
  it.each([
    [[], ""],
    [[3], "3"],
    [[1, 0], "0,1"],
    [[0, 2, 3, 4, 7], "0,2-4,7"],
  ])("%j → %s", (indexes, text) => {
    expect(formatIndexes(new Set(indexes))).toBe(text);
  });
});

describe("job tracking", () => {
  it("keeps a pod until the status counts it", async () => {
    const tracking = ["batch.kubernetes.io/job-tracking"];
    create();
    await cluster.until(() => active().length === 1);
    expect(active()[0]?.metadata.finalizers).toEqual(tracking);
    end(active()[0], "Succeeded");
    await cluster.until(() => cluster.api.list(Pod)[0]?.metadata.finalizers === undefined);
    expect(status()?.succeeded).toBe(1);
  });

  it("lets the pods of a Job go that is gone itself", async () => {
    create();
    await cluster.until(() => active().length === 1);
    cluster.api.delete(Job, key, { propagationPolicy: "Background" });
    // The pod is on a node, which has to end it first.
    await cluster.until(() => cluster.api.list(Pod)[0]?.metadata.finalizers === undefined);
  });
});
