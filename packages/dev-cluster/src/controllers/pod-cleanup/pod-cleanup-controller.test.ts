import { Node, Pod } from "@moorage/kube-types/core-v1";
import { beforeEach, describe, expect, it } from "vitest";
import type { LocalApi } from "../../registry/local-api.ts";
import type { ControllerContext } from "../runtime/controller.ts";
import { EventRecorder } from "../runtime/event-recorder.ts";
import { addNode, testApi } from "../testing/test-cluster.ts";
import { podCleanupController } from "./pod-cleanup-controller.ts";

let api: LocalApi;
let context: ControllerContext;
let nowMs: number;
const key = { namespace: "default", name: "p" };

beforeEach(() => {
  api = testApi();
  nowMs = Date.parse("2026-01-01T00:00:00Z");
  const now = () => new Date(nowMs);
  const logError = () => {};
  context = { api, now, logError, events: new EventRecorder(api, { component: "test", now, logError }) };
  addNode(api);
  api.create(Pod, {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name: "p", namespace: "default" },
    spec: { containers: [{ name: "c", image: "i" }] },
  });
  api.bindPod(key, "node-1");
});

const reconcile = () => podCleanupController.reconcile(key, context);

describe("podCleanupController", () => {
  it("leaves a pod alone while its node is there", () => {
    expect(reconcile()).toBeUndefined();
    expect(api.get(Pod, key)).toBeDefined();
  });

  it("deletes a pod whose node has been gone for 40 seconds, also if it was being deleted", () => {
    api.delete(Pod, key);
    api.delete(Node, { name: "node-1" });
    expect(reconcile()).toEqual({ afterMs: 40_000 });
    nowMs += 39_000;
    expect(reconcile()).toEqual({ afterMs: 1000 });
    nowMs += 1000;
    reconcile();
    expect(api.get(Pod, key)).toBeUndefined();
  });

  it("gives a node that came back its time again", () => {
    api.delete(Node, { name: "node-1" });
    reconcile();
    nowMs += 30_000;
    addNode(api);
    expect(reconcile()).toBeUndefined();
    api.delete(Node, { name: "node-1" });
    nowMs += 20_000;
    expect(reconcile()).toEqual({ afterMs: 40_000 });
  });
});
