import { describe, expect, it } from "vitest";
import { workload } from "../../testing/mcp-server-fixtures.ts";
import { findCreationFailure } from "./creation-failure.ts";

const quota =
  'pods "weather-7d9c-x2x4z" is forbidden: exceeded quota: small, requested: pods=1, used: pods=2, limited: pods=2';
const security = 'pods "weather-0" is forbidden: violates PodSecurity "restricted:latest": runAsNonRoot != true';

function short(kind: "StatefulSet" | "Deployment", message?: string) {
  const object = workload(kind, 1);
  const conditions = message ? [{ type: "ReplicaFailure", status: "True", message }] : [];
  return { ...object, metadata: { ...object.metadata, uid: "u" }, status: { replicas: 0, conditions } };
}
const event = (note: string, uid = "u", at = "2026-01-01T00:00:00Z") => ({
  apiVersion: "events.k8s.io/v1",
  kind: "Event",
  metadata: { name: "e", creationTimestamp: at },
  eventTime: at,
  reason: "FailedCreate",
  note,
  regarding: { kind: "StatefulSet", uid },
});

describe("findCreationFailure()", () => {
  it("tells of a Deployment what its status says, without what changes from try to try", () => {
    const { reason, message } = findCreationFailure(short("Deployment", quota), []) ?? {};
    expect(reason).toBe("QuotaExceeded");
    expect(message).toMatch(/exceeded quota: small.*raise the quota/);
    expect(message).not.toContain("x2x4z");
  });

  it("tells of a StatefulSet what its last event says", () => {
    const events = [event(quota, "u", "2026-01-01T00:00:00Z"), event(security, "u", "2026-01-01T00:01:00Z")];
    expect(findCreationFailure(short("StatefulSet"), events)).toMatchObject({
      reason: "PodSecurityViolation",
      message: expect.stringContaining("spec.securityProfile"),
    });
  });

  it("takes no notice of another's events, nor of old ones once the pods are there", () => {
    expect(findCreationFailure(short("StatefulSet"), [event(quota, "other")])).toBeUndefined();
    const there = { ...short("StatefulSet"), status: { replicas: 1 } };
    expect(findCreationFailure(there, [event(quota)])).toBeUndefined();
  });
});
