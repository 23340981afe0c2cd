import type { ContainerStatus, Pod, PodCondition } from "@moorage/kube-types/core-v1";
import { describe, expect, it } from "vitest";
import { findPodProblem } from "./pod-problems.ts";

function pod(container: Partial<ContainerStatus>, conditions: PodCondition[] = []): Pod {
  const status: ContainerStatus = {
    name: "mcp",
    image: "example/weather:1",
    imageID: "",
    ready: false,
    restartCount: 0,
    ...container,
  };
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name: "weather-0" },
    spec: { containers: [] },
    status: { conditions, containerStatuses: [status] },
  };
}

const waiting = (reason: string, message?: string) =>
  pod({ state: { waiting: { reason, ...(message && { message }) } } });

describe("findPodProblem()", () => {
  it.each([
    ["a container that is being created", waiting("ContainerCreating")],
    ["a running container that is not ready yet", pod({ state: { running: {} } })],
    ["a container that ended well", pod({ state: { terminated: { exitCode: 0 } } })],
    [
      "a container that is ready again after a crash",
      pod({ ready: true, state: { running: {} }, lastState: { terminated: { exitCode: 1 } } }),
    ],
  ])("sees none in %s", (_, healthy) => {
    expect(findPodProblem([healthy])).toBeUndefined();
  });

  it("sees none in how a pod ends that is taken away", () => {
    const killed = pod({ state: { terminated: { exitCode: 137 } } });
    const deleted = { ...killed.metadata, deletionTimestamp: "2026-01-01T00:00:00Z" };
    expect(findPodProblem([{ ...killed, metadata: deleted }])).toBeUndefined();
    expect(findPodProblem([killed])).toBeDefined();
  });

  it.each([
    ["ErrImagePull", waiting("ErrImagePull", "not found")],
    [
      "its back-off",
      waiting("ImagePullBackOff", 'Back-off pulling image "example/weather:1": ErrImagePull: not found'),
    ],
    [
      "the back-off of older kubelets",
      waiting("ImagePullBackOff", 'Back-off pulling image "example/weather:1": not found'),
    ],
  ])("tells an image that cannot be pulled in the same words for %s", (_, broken) => {
    expect(findPodProblem([broken])).toEqual({
      reason: "ImagePullFailed",
      message: 'Cannot get image "example/weather:1": not found',
    });
  });

  it.each([
    [
      "waiting for its next try",
      pod({
        state: { waiting: { reason: "CrashLoopBackOff", message: "back-off 10s" } },
        lastState: { terminated: { exitCode: 3, message: "no such file\n" } },
      }),
    ],
    [
      "running between crashes",
      pod({ state: { running: {} }, lastState: { terminated: { exitCode: 3, message: "no such file\n" } } }),
    ],
    ["just ended", pod({ state: { terminated: { exitCode: 3, message: "no such file\n" } } })],
  ])("tells a crash loop with its last output, the same while the container is %s", (_, broken) => {
    expect(findPodProblem([broken])).toEqual({
      reason: "CrashLoop",
      message: 'Container "mcp" of pod "weather-0" ended with code 3. Its last output: no such file',
    });
  });

  it("names the command that shows the log when the pod's status holds no output", () => {
    const broken = pod({ lastState: { terminated: { exitCode: 137, signal: 9 } } });
    expect(findPodProblem([broken])?.message).toContain("by signal 9; `kubectl logs weather-0 -c mcp --previous`");
  });

  it("tells what keeps a container from being configured", () => {
    const broken = waiting("CreateContainerConfigError", 'secret "keys" not found');
    expect(findPodProblem([broken])).toEqual({
      reason: "ContainerConfigInvalid",
      message: 'Cannot start container "mcp" of pod "weather-0": secret "keys" not found',
    });
  });

  it("tells why no node takes the pod", () => {
    const broken = pod({}, [
      { type: "PodScheduled", status: "False", reason: "Unschedulable", message: "0/3 nodes are available" },
    ]);
    expect(findPodProblem([broken])).toEqual({
      reason: "Unschedulable",
      message: 'No node can run pod "weather-0": 0/3 nodes are available',
    });
  });
});
