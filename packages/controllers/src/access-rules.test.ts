import { ConfigMap, Secret } from "@moorage/kube-types/core-v1";
import { watch } from "@moorage/operator-runtime";
import { ToolConfig } from "@moorage/resources";
import { describe, expect, it } from "vitest";
import { accessRulesOf, conversionRulesOf } from "./access-rules.ts";

const read = ["list", "watch"];

describe("accessRulesOf()", () => {
  const rules = accessRulesOf([
    { for: ToolConfig, owns: [ConfigMap], watches: [watch(Secret, () => []), watch(ConfigMap, () => [])] },
  ]);
  const verbsOf = (resource: string) => rules.find(({ resources }) => resources.includes(resource))?.verbs;

  it.each([
    ["toolconfigs", ["list", "watch"], "the reconciled kind is read"],
    ["toolconfigs/status", ["patch"], "its status is applied"],
    ["configmaps", ["get", "list", "watch", "create", "patch", "delete"], "children are applied and pruned"],
    ["secrets", ["list", "watch"], "watched kinds are only read"],
    ["events", ["create", "patch"], "events are recorded"],
  ])("grants %s %j: %s", (resource, verbs) => {
    expect(verbsOf(resource)).toEqual(verbs);
  });

  it.each([
    [{ owns: [], finalize: () => undefined }, ["toolconfigs", "toolconfigs/status"], ["list", "watch", "patch"]],
    [{ owns: [ConfigMap] }, ["configmaps", "toolconfigs", "toolconfigs/finalizers", "toolconfigs/status"], read],
  ])(
    "lets finalizers be changed only where %j has one, and owners be blocked only where it owns",
    (controller, of, verbs) => {
      const found = accessRulesOf([{ for: ToolConfig, ...controller }]);
      expect(found.flatMap(({ resources }) => resources).filter((resource) => resource !== "events")).toEqual(of);
      expect(found.find(({ resources }) => resources.includes("toolconfigs"))?.verbs).toEqual(verbs);
    },
  );

  it("grants nothing else, and no wildcard", () => {
    expect(rules.flatMap(({ resources }) => resources).toSorted()).toEqual([
      "configmaps",
      "events",
      "secrets",
      "toolconfigs",
      "toolconfigs/finalizers",
      "toolconfigs/status",
    ]);
    expect(JSON.stringify(rules)).not.toContain("*");
  });
});

describe("conversionRulesOf()", () => {
  it("grants what a registration needs, of the kind's definition only", () => {
    expect(conversionRulesOf([{ hub: ToolConfig, spokes: [] }])).toEqual([
      {
        apiGroups: ["apiextensions.k8s.io"],
        resources: ["customresourcedefinitions"],
        resourceNames: ["toolconfigs.mcp.stacklok.com"],
        verbs: ["get", "patch"],
      },
    ]);
  });

  it("grants nothing without a conversion", () => {
    expect(conversionRulesOf([])).toEqual([]);
  });
});
