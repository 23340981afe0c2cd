import type { Scenario } from "../scenario.ts";
import { create, patch, read, type Step } from "../step.ts";
import { configMap, container, deployment, paths } from "./objects.ts";

const one = `${paths.configMaps}/a`;
const deploy = `${paths.deployments}/a`;
const made = create(paths.configMaps, configMap("a", { k: "v", l: "w" }, { labels: { x: "y" } }));
const deployed = create(paths.deployments, deployment("a"));
const containers = (...list: object[]) => ({ spec: { template: { spec: { containers: list } } } });

const cases: [name: string, ...steps: Step[]][] = [
  ["merge: set, change and remove", made, patch("merge", one, { data: { k: "2", l: null, m: "3" } })],
  ["merge: a name that differs", made, patch("merge", one, { metadata: { name: "b" } })],
  ["merge: nothing", made, patch("merge", one, {})],
  ["merge: an object that is not there", patch("merge", one, {})],
  ["merge: a stale version", made, patch("merge", one, { metadata: { resourceVersion: "1" } })],
  [
    "json: operations",
    made,
    patch("json", one, [
      { op: "add", path: "/data/n", value: "1" },
      { op: "remove", path: "/data/k" },
      { op: "replace", path: "/data/l", value: "2" },
      { op: "test", path: "/data/l", value: "2" },
    ]),
  ],
  ["json: no list", made, patch("json", one, { op: "add" })],
  [
    "strategic: an item by its key",
    deployed,
    patch("strategic", deploy, containers({ name: "c", env: [{ name: "A", value: "1" }] })),
  ],
  ["strategic: another item", deployed, patch("strategic", deploy, containers(container({ name: "d" })))],
  [
    "strategic: an item deleted",
    deployed,
    patch("strategic", deploy, containers(container({ name: "d" }))),
    patch("strategic", deploy, containers({ name: "c", $patch: "delete" })),
  ],
  [
    "strategic: an order",
    deployed,
    patch("strategic", deploy, {
      spec: {
        template: {
          spec: {
            "$setElementOrder/containers": [{ name: "d" }, { name: "c" }],
            containers: [container({ name: "d" })],
          },
        },
      },
    }),
  ],
  [
    "strategic: retained keys",
    deployed,
    patch("strategic", deploy, { spec: { strategy: { $retainKeys: ["type"], type: "Recreate" } } }),
  ],
  [
    "strategic: a list replaced",
    deployed,
    patch("strategic", deploy, containers(container({ name: "e" }), { $patch: "replace" })),
  ],
  ["status is not the object's to change", deployed, patch("merge", deploy, { status: { replicas: 7 } })],
  [
    "the object is not the status's to change",
    deployed,
    patch("merge", `${deploy}/status`, { spec: { paused: false }, status: { collisionCount: 1 } }),
  ],
  ["scale", deployed, read(`${deploy}/scale`), patch("merge", `${deploy}/scale`, { spec: { replicas: 0 } })],
  [
    "a generation",
    deployed,
    patch("merge", deploy, { spec: { minReadySeconds: 1 } }),
    patch("merge", deploy, { metadata: { labels: { a: "b" } } }),
  ],
  ["an unknown type of patch", made, { method: "PATCH", path: one, body: {}, type: "application/json" }],
];

export const patchScenarios: readonly Scenario[] = cases.map(([name, ...steps]) => ({
  name: `patching: ${name}`,
  steps,
}));
