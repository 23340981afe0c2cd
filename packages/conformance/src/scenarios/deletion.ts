import type { Scenario } from "../scenario.ts";
import { create, patch, read, remove, type Step } from "../step.ts";
import { configMap, deployment, paths, podSpec } from "./objects.ts";

const held = create(paths.configMaps, configMap("a", {}, { finalizers: ["example.com/hold"] }));
const one = `${paths.configMaps}/a`;

const cases: [name: string, ...steps: Step[]][] = [
  ["at once", create(paths.configMaps, configMap("a")), remove(one), read(one)],
  [
    "with a finalizer",
    held,
    remove(one),
    read(one),
    patch("merge", one, { metadata: { finalizers: null } }),
    read(one),
  ],
  ["twice with a finalizer", held, remove(one), remove(one)],
  [
    "no new finalizers",
    held,
    remove(one),
    patch("merge", one, { metadata: { finalizers: ["example.com/hold", "example.com/more"] } }),
  ],
  [
    "a waiting pod",
    create(paths.pods, { metadata: { name: "a" }, spec: podSpec({ schedulerName: "none" }) }),
    remove(`${paths.pods}/a`),
    read(`${paths.pods}/a`),
  ],
  [
    "a Service",
    create(paths.services, { metadata: { name: "a" }, spec: { clusterIP: "None", ports: [{ port: 1 }] } }),
    remove(`${paths.services}/a`),
  ],
  [
    "a collection",
    create(paths.secrets, { metadata: { name: "a" } }),
    create(paths.secrets, { metadata: { name: "b" } }),
    remove(paths.secrets),
    read(paths.secrets),
  ],
  [
    "a collection by label",
    create(paths.secrets, { metadata: { name: "a", labels: { x: "1" } } }),
    create(paths.secrets, { metadata: { name: "b" } }),
    remove(`${paths.secrets}?labelSelector=x`),
    read(paths.secrets),
  ],
  ["a dry run", create(paths.configMaps, configMap("a")), remove(`${one}?dryRun=All`), read(one)],
  [
    "in the background",
    create(paths.deployments, deployment("a")),
    remove(`${paths.deployments}/a`, { propagationPolicy: "Background" }),
  ],
  ["leaving orphans", held, remove(one, { propagationPolicy: "Orphan" })],
];

export const deletionScenarios: readonly Scenario[] = cases.map(([name, ...steps]) => ({
  name: `deleting: ${name}`,
  steps,
}));
