import { describe, expect, it } from "vitest";
import { type ApiObject, type Fields, isApiObject } from "../../store/api-object.ts";
import { humanDuration } from "./columns.ts";
import { evaluateJsonPath } from "./json-path.ts";
import { podStatus } from "./pod-columns.ts";

describe("humanDuration()", () => {
  it.each([
    [-5, "<invalid>"],
    [0, "0s"],
    [119, "119s"],
    [120, "2m"],
    [125, "2m5s"],
    [601, "10m"],
    [10_800, "3h"],
    [11_100, "3h5m"],
    [172_800, "2d"],
    [180_000, "2d2h"],
    [86_400 * 30, "30d"],
    [86_400 * 800, "2y70d"],
  ])("%d s → %s", (seconds, expected) => {
    expect(humanDuration(seconds)).toBe(expected);
  });
});

function pod(status: Fields, metadata: Fields = {}): ApiObject {
  const object = {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name: "p", ...metadata },
    spec: { initContainers: [{ name: "i" }] },
    status,
  };
  if (!isApiObject(object)) throw new Error("Cannot build the pod");
  return object;
}
const waiting = (reason: string) => ({ state: { waiting: { reason } } });

describe("podStatus()", () => {
  it.each([
    ["its phase", pod({ phase: "Running" }), "Running"],
    [
      "why a container waits",
      pod({ phase: "Pending", containerStatuses: [waiting("ImagePullBackOff")] }),
      "ImagePullBackOff",
    ],
    [
      "how it ended",
      pod({ phase: "Failed", containerStatuses: [{ state: { terminated: { exitCode: 3 } } }] }),
      "ExitCode:3",
    ],
    [
      "how far its init containers are",
      pod({ phase: "Pending", initContainerStatuses: [{ state: { running: {} } }] }),
      "Init:0/1",
    ],
    [
      "why an init container waits",
      pod({ phase: "Pending", initContainerStatuses: [waiting("ErrImagePull")] }),
      "Init:ErrImagePull",
    ],
    ["that it goes", pod({ phase: "Running" }, { deletionTimestamp: "2026-01-01T00:00:00Z" }), "Terminating"],
  ])("shows %s", (_reason, object, expected) => {
    expect(podStatus(object)).toBe(expected);
  });
});

describe("evaluateJsonPath()", () => {
  const object = {
    a: {
      "b.c": 1,
      l: [
        { type: "Ready", status: "True" },
        { type: "Other", status: "False" },
      ],
    },
  };
  it.each([
    [".a['b.c']", [1]],
    [".a.b\\.c", [1]],
    ["{.a.l[0].type}", ["Ready"]],
    [".a.l[-1].type", ["Other"]],
    [".a.l[*].type", ["Ready", "Other"]],
    ['.a.l[?(@.type=="Ready")].status', ["True"]],
    [".none.x", []],
    [".a[", []],
  ])("%s", (path, expected) => {
    expect(evaluateJsonPath(path, object)).toEqual(expected);
  });
});
