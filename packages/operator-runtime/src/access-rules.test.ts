import { Deployment } from "@moorage/kube-types/apps-v1";
import { ConfigMap, Secret } from "@moorage/kube-types/core-v1";
import { describe, expect, it } from "vitest";
import { accessRulesOf, conversionRulesOf } from "./access-rules.ts";
import { watch } from "./controller.ts";
import { Manager } from "./manager.ts";

const read = ["list", "watch"];
const config = { server: "https://127.0.0.1:6443", namespace: "default" };

describe("accessRulesOf()", () => {
  const rules = accessRulesOf([
    { for: Deployment, owns: [ConfigMap], watches: [watch(Secret, () => []), watch(ConfigMap, () => [])] },
  ]);
  const verbsOf = (resource: string) => rules.find(({ resources }) => resources.includes(resource))?.verbs;

  it.each([
    ["deployments", ["list", "watch"], "the reconciled kind is read"],
    ["deployments/status", ["patch"], "its status is applied"],
    ["configmaps", ["get", "list", "watch", "create", "patch", "delete"], "children are applied and pruned"],
    ["secrets", ["list", "watch"], "watched kinds are only read"],
    ["events", ["create", "patch"], "events are recorded"],
  ])("grants %s %j: %s", (resource, verbs) => {
    expect(verbsOf(resource)).toEqual(verbs);
  });

  it.each([
    [{ owns: [], finalize: () => undefined }, ["deployments", "deployments/status"], ["list", "watch", "patch"]],
    [{ owns: [ConfigMap] }, ["configmaps", "deployments", "deployments/finalizers", "deployments/status"], read],
  ])(
    "lets finalizers be changed only where %j has one, and owners be blocked only where it owns",
    (controller, of, verbs) => {
      const found = accessRulesOf([{ for: Deployment, ...controller }]);
      expect(found.flatMap(({ resources }) => resources).filter((resource) => resource !== "events")).toEqual(of);
      expect(found.find(({ resources }) => resources.includes("deployments"))?.verbs).toEqual(verbs);
    },
  );

  it("grants nothing for what is read of another cluster", () => {
    const cluster = new Manager({ cluster: config }).addCluster("hub", { cluster: config });
    const found = accessRulesOf([{ for: Deployment, owns: [], watches: [watch(Secret, () => [], { cluster })] }]);
    expect(found.flatMap(({ resources }) => resources)).not.toContain("secrets");
  });

  it("grants nothing else, and no wildcard", () => {
    expect(rules.flatMap(({ resources }) => resources).toSorted()).toEqual([
      "configmaps",
      "deployments",
      "deployments/finalizers",
      "deployments/status",
      "events",
      "secrets",
    ]);
    expect(JSON.stringify(rules)).not.toContain("*");
  });
});

describe("conversionRulesOf()", () => {
  it("grants what a registration needs, of the kind's definition only", () => {
    expect(conversionRulesOf([{ hub: Deployment, spokes: [] }])).toEqual([
      {
        apiGroups: ["apiextensions.k8s.io"],
        resources: ["customresourcedefinitions"],
        resourceNames: ["deployments.apps"],
        verbs: ["get", "patch"],
      },
    ]);
  });

  it("grants nothing without a conversion", () => {
    expect(conversionRulesOf([])).toEqual([]);
  });
});
