import type { KubeObject } from "@moorage/kube-types";
import { describe, expect, it } from "vitest";
import { appliedAnnotation } from "./child.ts";
import { changesReads, mayBeDrift } from "./news.ts";

const manager = "moorage/x";

interface Parts {
  applied?: string;
  fields?: unknown;
  uid?: string;
  owner?: string;
  going?: boolean;
  others?: string;
  replicas?: number;
}

function child({ applied = "hash", fields = { "f:spec": {} }, uid = "1", owner = "o", ...rest }: Parts = {}) {
  const others = { manager: "kube-controller-manager", operation: "Update", time: rest.others ?? "" } as const;
  const object: KubeObject & { status: unknown } = {
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: {
      name: "web",
      uid,
      annotations: { [appliedAnnotation]: applied, note: rest.others ?? "" },
      ownerReferences: [{ apiVersion: "v1", kind: "Owner", name: owner, uid: owner, controller: true }],
      managedFields: [{ manager, operation: "Apply", fieldsV1: fields }, others],
      ...(rest.going && { deletionTimestamp: "2026-01-01T00:00:00Z" }),
    },
    status: { replicas: rest.replicas ?? 0 },
  };
  return object;
}

const change = (before: KubeObject | undefined, after: KubeObject | undefined, writer?: string) => ({
  before,
  after,
  initial: false,
  writer,
});

describe("mayBeDrift()", () => {
  it.each<[string, KubeObject | undefined, KubeObject | undefined]>([
    ["a field taken from us", child(), child({ fields: { "f:spec": { "f:paused": {} } } })],
    ["all our fields taken", child(), child({ fields: null })],
    ["another hash", child(), child({ applied: "other" })],
    ["another owner", child(), child({ owner: "p" })],
    ["another object of that name", child(), child({ uid: "2" })],
    ["a deletion that begins", child(), child({ going: true })],
    ["a deletion", child(), undefined],
    ["an addition that is not ours", undefined, child()],
  ])("sees %s", (_, before, after) => {
    expect(mayBeDrift(change(before, after), manager)).toBe(true);
  });

  it.each<[string, ReturnType<typeof change>]>([
    ["a status", change(child(), child({ replicas: 1 }))],
    ["what others note", change(child(), child({ others: "x" }))],
    ["our own creation", change(undefined, child(), manager)],
    ["our own correction", change(child({ applied: "old" }), child(), manager)],
  ])("does not take %s for drift", (_, told) => {
    expect(mayBeDrift(told, manager)).toBe(false);
  });

  it("takes what another controller of this process wrote for drift", () => {
    expect(mayBeDrift(change(child(), child({ applied: "other" }), "moorage/y"), manager)).toBe(true);
  });
});

describe("changesReads()", () => {
  const replicas = (object: KubeObject) => ("status" in object ? object.status : undefined);

  it("compares what is read, and nothing else", () => {
    expect(changesReads(change(child(), child({ replicas: 1 })), replicas)).toBe(true);
    expect(changesReads(change(child(), child({ applied: "other" })), replicas)).toBe(false);
  });

  it("reads an object that is not there as undefined", () => {
    expect(changesReads(change(undefined, child()), replicas)).toBe(true);
    expect(changesReads(change(child(), undefined), replicas)).toBe(true);
    expect(changesReads(change(undefined, child()), () => undefined)).toBe(false);
  });
});
