import { fieldOf } from "../field-of.ts";
import type { Scenario, Script } from "../scenario.ts";
import type { Stage } from "../stage.ts";
import { create, patch, read, type Step, type StepAnswer } from "../step.ts";
import { configMap, container, deployment, paths, podSpec } from "./objects.ts";

const maps = paths.configMaps;
const lastApplied = "kubectl.kubernetes.io/last-applied-configuration";

/** An object as `kubectl apply` without `--server-side` leaves it. */
const applied = (object: object): object => ({
  ...object,
  metadata: { ...Object(fieldOf(object, "metadata")), annotations: { [lastApplied]: `${JSON.stringify(object)}\n` } },
});
const clientSide = (path: string, object: object): Step =>
  create(`${path}?fieldManager=kubectl-client-side-apply`, applied(object));
const serverSide = (path: string, object: object, manager = "kubectl", more = ""): Step =>
  patch("apply", `${path}?fieldManager=${manager}${more}`, object);
const one = `${maps}/a`;
const withContainer = (extra: object) =>
  deployment("a", {
    template: { metadata: { labels: { app: "a" } }, spec: podSpec({ containers: [container(extra)] }) },
  });

const cases: [name: string, ...steps: Step[]][] = [
  ["the same again", clientSide(maps, configMap("a", { k: "v" })), serverSide(one, configMap("a", { k: "v" }))],
  ["a changed value", clientSide(maps, configMap("a", { k: "v" })), serverSide(one, configMap("a", { k: "w" }))],
  [
    "a value given up",
    clientSide(maps, configMap("a", { k: "v", l: "w" })),
    serverSide(one, configMap("a", { k: "v" })),
  ],
  [
    "a value that another has changed",
    clientSide(maps, configMap("a", { k: "v" })),
    patch("merge", `${one}?fieldManager=other`, { data: { k: "x" } }),
    serverSide(one, configMap("a", { k: "w" })),
  ],
  [
    "by another manager",
    clientSide(maps, configMap("a", { k: "v" })),
    serverSide(one, configMap("a", { k: "w" }), "x"),
  ],
  [
    "by another manager, by force",
    clientSide(maps, configMap("a", { k: "v" })),
    serverSide(one, configMap("a", { k: "w" }), "x", "&force=true"),
  ],
  [
    "a Deployment",
    clientSide(paths.deployments, withContainer({})),
    serverSide(`${paths.deployments}/a`, withContainer({ image: "web:2" })),
  ],
  [
    "an annotation that is no JSON",
    create(
      `${maps}?fieldManager=kubectl-client-side-apply`,
      configMap("a", { k: "v" }, { annotations: { [lastApplied]: "{" } }),
    ),
    serverSide(one, configMap("a", { k: "w" })),
  ],
  ["an annotation of the first apply", serverSide(one, configMap("a", { k: "v" })), read(one)],
  [
    "an annotation that is sent along",
    clientSide(maps, configMap("a", { k: "v" })),
    serverSide(one, applied(configMap("a", { k: "w" }))),
  ],
  [
    "what was created before is taken over",
    create(`${maps}?fieldManager=helm`, configMap("a", { k: "v", l: "w" })),
    serverSide(one, configMap("a", { k: "v" }), "x"),
    serverSide(one, configMap("a", {}), "x"),
  ],
];

/** What kubectl does to move the fields of client-side apply to its own manager: one patch of `managedFields`. */
const migrate: Script = async (stage: Stage) => {
  const made = await stage.send(clientSide(maps, configMap("a", { k: "v", l: "w" })));
  const entries = fieldOf(made.body, "metadata", "managedFields");
  const renamed = (Array.isArray(entries) ? entries : []).map((entry) => ({
    ...Object(entry),
    manager: "kubectl",
    operation: "Apply",
  }));
  const version = fieldOf(made.body, "metadata", "resourceVersion");
  const operations = [
    { op: "replace", path: "/metadata/managedFields", value: renamed },
    { op: "replace", path: "/metadata/resourceVersion", value: version },
  ];
  const answers: StepAnswer[] = [await stage.send(patch("json", one, operations))];
  answers.push(await stage.send(serverSide(one, configMap("a", { k: "v" }))));
  return answers;
};

/** From client-side to server-side apply. */
export const upgradeScenarios: readonly Scenario[] = [
  ...cases.map(([name, ...steps]) => ({ name: `upgrading an apply: ${name}`, steps })),
  { name: "upgrading an apply: owners moved by a patch", steps: migrate },
];
