import type { ConfigMap } from "@moorage/kube-types/core-v1";
import { describe, expect, it } from "vitest";
import { isRecord } from "../json.ts";
import { PartSharing } from "./part-sharing.ts";

function child(name: string, data: Record<string, string>): ConfigMap {
  const fieldsV1 = {
    "f:metadata": { "f:ownerReferences": { [`k:{"uid":"of-${name}"}`]: {} } },
    "f:data": Object.fromEntries(Object.keys(data).map((key) => [`f:${key}`, {}])),
  };
  const managedFields = [{ manager: "moorage/x", operation: "Apply" as const, fieldsV1 }];
  return { apiVersion: "v1", kind: "ConfigMap", metadata: { name, managedFields }, data: { ...data } };
}

/** What `fieldsV1` says of `data`. */
function dataFieldsOf({ metadata }: ConfigMap): unknown {
  const fields = metadata.managedFields?.[0]?.fieldsV1;
  return isRecord(fields) ? fields["f:data"] : undefined;
}

describe("PartSharing", () => {
  it("finds what is alike in objects of two templates that come in turn", () => {
    const sharing = new PartSharing<ConfigMap>();
    const [a1, b1] = [child("a1", { a: "1" }), child("b1", { b: "1", c: "1" })];
    const [a2, b2] = [child("a2", { a: "1" }), child("b2", { b: "1", c: "1" })];
    for (const object of [a1, b1, a2, b2]) sharing.share(object, undefined);
    expect([a2.data === a1.data, b2.data === b1.data]).toEqual([true, true]);
    expect(dataFieldsOf(b2)).toBe(dataFieldsOf(b1));
    expect(b2).toEqual(child("b2", { b: "1", c: "1" }));
  });

  it("takes from its own version before what has not changed", () => {
    const sharing = new PartSharing<ConfigMap>();
    const [before, after] = [child("a", { a: "1" }), child("a", { a: "2" })];
    sharing.share(after, before);
    expect(after).toEqual(child("a", { a: "2" }));
    expect([after.metadata === before.metadata, after.data === before.data]).toEqual([true, false]);
  });
});
