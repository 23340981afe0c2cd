import type { ConfigMap } from "@moorage/kube-types/core-v1";
import { beforeEach, describe, expect, it } from "vitest";
import type { LocalApi } from "../../registry/local-api.ts";
import { testApi } from "../testing/test-cluster.ts";
import { CoreEvent } from "./core-event.ts";
import { EventRecorder } from "./event-recorder.ts";

let api: LocalApi;
let recorder: EventRecorder;
let nowMs: number;
let errors: unknown[];

beforeEach(() => {
  api = testApi();
  nowMs = Date.parse("2026-01-01T00:00:00Z");
  errors = [];
  recorder = new EventRecorder(api, {
    component: "test",
    host: "h",
    now: () => new Date(nowMs),
    logError: (_message, error) => errors.push(error),
  });
});

const object = (name = "a", namespace = "default"): ConfigMap => ({
  apiVersion: "v1",
  kind: "ConfigMap",
  metadata: { name, namespace, uid: `uid-${name}` },
});
const events = () => api.list(CoreEvent);

describe("EventRecorder", () => {
  it("writes what kubectl describe shows", () => {
    recorder.record(object(), { type: "Warning", reason: "Broken", message: "it is", fieldPath: "data" });
    expect(events()[0]).toMatchObject({
      involvedObject: { kind: "ConfigMap", name: "a", namespace: "default", uid: "uid-a", fieldPath: "data" },
      type: "Warning",
      reason: "Broken",
      message: "it is",
      source: { component: "test", host: "h" },
      count: 1,
      firstTimestamp: "2026-01-01T00:00:00Z",
      lastTimestamp: "2026-01-01T00:00:00Z",
    });
  });

  it("counts a repeated event instead of writing another", () => {
    recorder.record(object(), { reason: "R", message: "m" });
    nowMs += 60_000;
    recorder.record(object(), { reason: "R", message: "m" });
    expect(events()).toHaveLength(1);
    expect(events()[0]).toMatchObject({
      count: 2,
      firstTimestamp: "2026-01-01T00:00:00Z",
      lastTimestamp: "2026-01-01T00:01:00Z",
    });
  });

  it("keeps events of different objects and messages apart", () => {
    recorder.record(object("a"), { reason: "R", message: "m" });
    recorder.record(object("b"), { reason: "R", message: "m" });
    recorder.record(object("a"), { reason: "R", message: "n" });
    expect(events()).toHaveLength(3);
  });

  it("writes at most 25 events of an object in a burst, then one every five minutes", () => {
    const flood = () => {
      for (let number = 0; number < 100; number++)
        recorder.record(object(), { reason: "R", message: `${nowMs} ${number}` });
    };
    flood();
    expect(events()).toHaveLength(25);
    nowMs += 300_000;
    flood();
    expect(events()).toHaveLength(26);
  });

  it("cuts messages that the API server would refuse", () => {
    recorder.record(object(), { reason: "R", message: "x".repeat(5000) });
    expect(events()[0]?.message.length).toBeLessThanOrEqual(1024);
  });

  it("never throws: no work may fail for an event", () => {
    recorder.record(object("a", "no-such-namespace"), { reason: "R", message: "m" });
    expect(events()).toEqual([]);
  });
});
