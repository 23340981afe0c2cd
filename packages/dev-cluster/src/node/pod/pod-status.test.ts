import type { Container, Pod } from "@moorage/kube-types/core-v1";
import { describe, expect, it } from "vitest";
import { type ContainerSnapshot, podStatusOf } from "./pod-status.ts";

const running: ContainerSnapshot = { state: { running: {} }, restartCount: 0, ready: true, started: true };
const unready: ContainerSnapshot = { ...running, ready: false };
const ended = (exitCode: number): ContainerSnapshot => ({
  state: { terminated: { exitCode } },
  restartCount: 0,
  ready: false,
  started: false,
});
const crashing: ContainerSnapshot = {
  state: { waiting: { reason: "CrashLoopBackOff" } },
  lastState: { terminated: { exitCode: 1 } },
  restartCount: 3,
  ready: false,
  started: false,
};
const pulling: ContainerSnapshot = {
  state: { waiting: { reason: "ImagePullBackOff" } },
  restartCount: 0,
  ready: false,
  started: false,
};

interface Case {
  restartPolicy?: string;
  init?: Container[];
  containers: Record<string, ContainerSnapshot | undefined>;
}

const now = new Date("2026-01-01T00:00:00Z");
function statusOf({ restartPolicy = "Always", init = [], containers }: Case, pod: Partial<Pod> = {}) {
  const names = Object.keys(containers).filter((name) => init.every((container) => container.name !== name));
  const known = Object.entries(containers).flatMap(([name, snapshot]): [string, ContainerSnapshot][] =>
    snapshot ? [[name, snapshot]] : [],
  );
  return podStatusOf(
    {
      apiVersion: "v1",
      kind: "Pod",
      metadata: { name: "p", namespace: "default", generation: 1 },
      spec: { restartPolicy, initContainers: init, containers: names.map((name) => ({ name, image: "i" })) },
      ...pod,
    },
    {
      podIP: "127.88.0.1",
      hostIP: "127.0.0.1",
      startTime: "2026-01-01T00:00:00Z",
      sandboxReady: true,
      containers: new Map(known),
    },
    now,
  );
}
const init = [{ name: "init" }];
const sidecar = [{ name: "side", restartPolicy: "Always" }];

describe("podStatusOf()", () => {
  const phases: [string, Case, string][] = [
    ["nothing has started", { containers: { a: undefined } }, "Pending"],
    ["an image is awaited", { containers: { a: pulling } }, "Pending"],
    ["one of two waits for its image", { containers: { a: running, b: pulling } }, "Running"],
    ["an init container runs", { init, containers: { init: running, a: undefined } }, "Pending"],
    [
      "an init container has failed for good",
      { restartPolicy: "Never", init, containers: { init: ended(1), a: undefined } },
      "Failed",
    ],
    ["all run", { containers: { a: running, b: running } }, "Running"],
    ["it crashes again and again", { containers: { a: crashing } }, "Running"],
    ["one has ended well, one runs", { restartPolicy: "Never", containers: { a: ended(0), b: running } }, "Running"],
    ["all have ended well", { restartPolicy: "Never", containers: { a: ended(0), b: ended(0) } }, "Succeeded"],
    ["one has failed for good", { restartPolicy: "Never", containers: { a: ended(0), b: ended(2) } }, "Failed"],
    ["one will be started again", { containers: { a: ended(0) } }, "Running"],
    [
      "its sidecar still runs",
      { restartPolicy: "Never", init: sidecar, containers: { side: running, a: ended(0) } },
      "Running",
    ],
    [
      "its sidecar has ended too",
      { restartPolicy: "Never", init: sidecar, containers: { side: ended(0), a: ended(0) } },
      "Succeeded",
    ],
  ];
  it.each(phases)("when %s", (...[, given, phase]) => {
    expect(statusOf(given).phase).toBe(phase);
  });

  it("is ready when all containers are", () => {
    const condition = (status: ReturnType<typeof statusOf>, type: string) =>
      status.conditions?.find((one) => one.type === type);
    expect(condition(statusOf({ containers: { a: running } }), "Ready")).toMatchObject({
      status: "True",
      observedGeneration: 1,
    });
    expect(condition(statusOf({ containers: { a: running, b: unready } }), "Ready")).toMatchObject({
      status: "False",
      reason: "ContainersNotReady",
      message: "containers with unready status: [b]",
    });
    expect(condition(statusOf({ init, containers: { init: running, a: undefined } }), "Initialized")).toMatchObject({
      status: "False",
      message: "containers with incomplete status: [init]",
    });
    expect(condition(statusOf({ restartPolicy: "Never", containers: { a: ended(0) } }), "Ready")).toMatchObject({
      status: "False",
      reason: "PodCompleted",
    });
  });

  it("keeps the time of a condition whose status stays, and conditions of others", () => {
    const before = { type: "Ready", status: "True", lastTransitionTime: "2025-01-01T00:00:00Z" };
    const foreign = { type: "example.com/gate", status: "True" };
    const conditions = statusOf(
      { containers: { a: running } },
      { status: { conditions: [before, foreign] } },
    ).conditions;
    expect(conditions?.find(({ type }) => type === "Ready")?.lastTransitionTime).toBe("2025-01-01T00:00:00Z");
    expect(conditions).toContainEqual(foreign);
    const changed = statusOf({ containers: { a: unready } }, { status: { conditions: [before] } }).conditions;
    expect(changed?.find(({ type }) => type === "Ready")?.lastTransitionTime).toBe("2026-01-01T00:00:00Z");
  });
});
