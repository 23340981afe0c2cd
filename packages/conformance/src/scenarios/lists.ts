import type { Scenario } from "../scenario.ts";
import { create, read, type Step } from "../step.ts";
import { configMap, paths } from "./objects.ts";

const labelled: Step[] = ["a", "b", "c"].map((name) =>
  create(paths.secrets, { metadata: { name, labels: { x: name } } }),
);
const table = "application/json;as=Table;v=v1;g=meta.k8s.io";

const cases: [name: string, ...steps: Step[]][] = [
  ["everything", ...labelled, read(paths.secrets)],
  [
    "by label",
    ...labelled,
    read(`${paths.secrets}?labelSelector=x%3Da`),
    read(`${paths.secrets}?labelSelector=x%20in%20(a,b)`),
    read(`${paths.secrets}?labelSelector=!x`),
  ],
  [
    "by field",
    ...labelled,
    read(`${paths.secrets}?fieldSelector=metadata.name%3Db`),
    read(`${paths.secrets}?fieldSelector=type%3DOpaque,metadata.name!%3Db`),
  ],
  ["a first page", ...labelled, read(`${paths.secrets}?limit=2`)],
  ["nothing", read(paths.secrets)],
  [
    "metadata only",
    ...labelled,
    read(paths.secrets, "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1"),
  ],
  [
    "line separators in values",
    create(paths.configMaps, configMap("u", { k: "a\u2028b\u2029c" })),
    read(`${paths.configMaps}/u`),
  ],
  ["a bad label selector", read(`${paths.secrets}?labelSelector=a%20b%20c`)],
];

export const listScenarios: readonly Scenario[] = [
  ...cases.map(([name, ...steps]) => ({ name: `listing: ${name}`, steps })),
  {
    name: "listing: a table without objects",
    steps: [read(`${paths.secrets}?includeObject=None`, table)],
    differs: "columns of built-in kinds carry no descriptions, which nothing shows",
  },
];
