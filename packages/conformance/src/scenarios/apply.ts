import type { Scenario } from "../scenario.ts";
import { create, patch, read, type Step } from "../step.ts";
import { configMap, container, deployment, paths } from "./objects.ts";

const one = (manager: string, query = "") => `${paths.configMaps}/a?fieldManager=${manager}${query}`;
const deploy = (manager: string, query = "") => `${paths.deployments}/a?fieldManager=${manager}${query}`;
const apply = (path: string, body: unknown): Step => patch("apply", path, body);
const withContainers = (...list: object[]) =>
  deployment("a", { template: { metadata: { labels: { app: "a" } }, spec: { containers: list } } });

/** The beginning of a ConfigMap that is written as text. */
const head = '{"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a"}';

const cases: [name: string, ...steps: Step[]][] = [
  ["a new object", apply(one("x"), configMap("a", { k: "v" }))],
  ["a new Deployment", apply(deploy("x"), deployment("a"))],
  ["the same again", apply(one("x"), configMap("a", { k: "v" })), apply(one("x"), configMap("a", { k: "v" }))],
  [
    "a field given up",
    apply(one("x"), configMap("a", { k: "v", l: "w" })),
    apply(one("x"), configMap("a", { k: "v" })),
  ],
  [
    "a field shared",
    apply(one("x"), configMap("a", { k: "v" })),
    apply(one("y"), configMap("a", { k: "v" })),
    apply(one("x"), configMap("a", {})),
  ],
  [
    "a conflict",
    apply(one("x"), configMap("a", { k: "v", l: "w" })),
    apply(one("y"), configMap("a", { k: "1" })),
    apply(one("y"), configMap("a", { k: "1", l: "2" })),
  ],
  [
    "a conflict by force",
    apply(one("x"), configMap("a", { k: "v" })),
    apply(one("y", "&force=true"), configMap("a", { k: "1" })),
  ],
  [
    "a conflict with an update",
    create(paths.configMaps, configMap("a", { k: "v" })),
    apply(one("x"), configMap("a", { k: "1" })),
    apply(one("x"), configMap("a", { k: "v" })),
  ],
  [
    "an update of what is applied",
    apply(one("x"), configMap("a", { k: "v" })),
    patch("merge", one("y"), { data: { k: "2" } }),
    apply(one("x"), configMap("a", { l: "w" })),
  ],
  [
    "items of two managers",
    apply(deploy("x"), withContainers(container())),
    apply(deploy("y"), withContainers(container({ name: "d" }))),
    apply(deploy("x"), withContainers(container({ name: "e" }))),
  ],
  [
    "ports by their keys",
    apply(deploy("x"), withContainers(container({ ports: [{ containerPort: 80 }] }))),
    apply(
      deploy("x"),
      withContainers(
        container({
          ports: [
            { containerPort: 80, name: "web" },
            { containerPort: 80, protocol: "UDP" },
          ],
        }),
      ),
    ),
  ],
  ["an item twice", apply(deploy("x"), withContainers(container(), container()))],
  ["without a manager", apply(`${paths.configMaps}/a`, configMap("a"))],
  ["with managed fields", apply(one("x"), configMap("a", {}, { managedFields: [] }))],
  ["of another version", apply(deploy("x"), { ...deployment("a"), apiVersion: "apps/v9" })],
  ["YAML", apply(one("x"), "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata:\n  k: v\n")],
  ["nothing", apply(one("x"), "")],
  ["a number", apply(one("x"), "5")],
  ["fields twice", apply(one("x"), `${head}, "data": {"k": "1", "k": "2"}}`)],
  ["fields twice, strictly", apply(one("x", "&fieldValidation=Strict"), `${head}, "data": {"k": "1", "k": "2"}}`)],
  [
    "fields twice in YAML",
    apply(one("x"), "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata:\n  k: v\n  k: w\n"),
  ],
  [
    "owners reset",
    apply(one("x"), configMap("a", { k: "v" })),
    patch("merge", one("y"), { metadata: { managedFields: [{}] } }),
    read(`${paths.configMaps}/a`),
  ],
  [
    "a status",
    apply(deploy("x"), deployment("a")),
    apply(`${paths.deployments}/a/status?fieldManager=s&force=true`, {
      apiVersion: "apps/v1",
      kind: "Deployment",
      metadata: { name: "a" },
      status: { collisionCount: 1 },
    }),
  ],
];

export const applyScenarios: readonly Scenario[] = cases.map(([name, ...steps]) => ({
  name: `applying: ${name}`,
  steps,
}));
