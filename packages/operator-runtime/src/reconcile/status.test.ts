import type { KubeObject } from "@moorage/kube-types";
import { describe, expect, it } from "vitest";
import { ready } from "../outcome.ts";
import { conditionsOf, desiredStatus, StatusMemory, statusOf } from "./status.ts";

const now = new Date("2026-01-02T00:00:00.500Z");
const old = {
  type: "Ready",
  status: "True",
  reason: "Was",
  message: "was",
  lastTransitionTime: "2026-01-01T00:00:00Z",
};

function object(status?: unknown): KubeObject {
  return Object.assign(
    { apiVersion: "v1", kind: "X", metadata: { name: "a", uid: "u", generation: 3 } },
    status === undefined ? {} : { status },
  );
}

describe("desiredStatus()", () => {
  it("adds the bookkeeping, and moves the transition only with the status", () => {
    const outcome = {
      status: { phase: "Running" },
      conditions: [ready("Is", "is"), { ...ready("Was", "was"), type: "New" }],
    };
    const { conditions, ...rest } = desiredStatus(object({ conditions: [old] }), outcome, {
      now,
      blocked: undefined,
      blockedStatus: {},
    });
    expect(rest).toEqual({ phase: "Running", observedGeneration: 3 });
    expect(conditions).toMatchObject([
      { type: "Ready", reason: "Is", lastTransitionTime: "2026-01-01T00:00:00Z", observedGeneration: 3 },
      { type: "New", lastTransitionTime: "2026-01-02T00:00:00Z" },
    ]);
  });

  it("is not ready when it could not be carried out, whatever the controller says", () => {
    const blocked = { reason: "ApplyFailed", message: "quota" } as const;
    const status = desiredStatus(
      object(),
      { status: { phase: "Running" }, conditions: [ready("Is", "is")] },
      { now, blocked, blockedStatus: { phase: "Pending" } },
    );
    expect(status).toMatchObject({
      phase: "Pending",
      conditions: [{ type: "Ready", status: "False", reason: "ApplyFailed" }],
    });
    expect(status["conditions"]).toHaveLength(1);
  });
});

describe("conditionsOf()", () => {
  it.each([
    ["no status", undefined],
    ["a status that is no object", "x"],
    ["conditions that are no list", { conditions: {} }],
    ["entries that are no conditions", { conditions: [1, { type: "x" }] }],
  ])("is empty for %s", (_what, status) => {
    expect(conditionsOf(object(status))).toEqual([]);
    expect(statusOf(object(status))).toBeTypeOf("object");
  });
});

describe("StatusMemory", () => {
  const desired = { phase: "A", extra: 1 };

  it("writes what differs, and not what is equal in another order", () => {
    const memory = new StatusMemory();
    expect(memory.needsWrite(object({ phase: "B" }), desired)).toBe(true);
    expect(memory.needsWrite(object({ extra: 1, phase: "A" }), desired)).toBe(false);
  });

  it("does not repeat a write that the server changed, until either side changes", () => {
    const memory = new StatusMemory();
    const pruned = object({ phase: "A" });
    memory.remember(desired, pruned);
    expect(memory.needsWrite(pruned, desired)).toBe(false);
    expect(memory.needsWrite(object({ phase: "edited" }), desired)).toBe(true);
    expect(memory.needsWrite(pruned, { phase: "C" })).toBe(true);
  });
});
