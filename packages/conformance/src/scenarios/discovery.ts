import type { Scenario } from "../scenario.ts";
import { read } from "../step.ts";

const groupVersions = [
  "apps/v1",
  "batch/v1",
  "autoscaling/v1",
  "autoscaling/v2",
  "policy/v1",
  "rbac.authorization.k8s.io/v1",
  "coordination.k8s.io/v1",
  "events.k8s.io/v1",
  "networking.k8s.io/v1",
  "discovery.k8s.io/v1",
];

/** Where clients find out what there is. The order of resources and groups says nothing, so single kinds are asked for. */
export const discoveryScenarios: readonly Scenario[] = [
  ...groupVersions.map((groupVersion) => ({
    name: `group of ${groupVersion}`,
    steps: [read(`/apis/${groupVersion.split("/")[0]}`)],
  })),
  { name: "an unknown group", steps: [read("/apis/none.example.com")] },
  { name: "an unknown version", steps: [read("/apis/apps/v9")] },
  { name: "an unknown resource", steps: [read("/apis/apps/v1/namespaces/{ns}/frobs"), read("/api/v1/frobs")] },
  { name: "an unknown subresource", steps: [read("/api/v1/namespaces/{ns}/configmaps/x/frob")] },
  { name: "health", steps: [read("/healthz"), read("/livez"), read("/readyz")] },
];
