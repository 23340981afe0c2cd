import type { Scenario } from "../scenario.ts";
import { create, patch, read, remove, replace, type Step } from "../step.ts";
import { configMap, container, deployment, paths, podSpec, selector, template } from "./objects.ts";

const meta = (name: string) => ({ metadata: { name } });

/** Requests that are refused: code, reason, message and details must be the same. */
const cases: [name: string, ...steps: Step[]][] = [
  ["a wrong type", create(paths.deployments, deployment("a", { replicas: "x" }))],
  ["a wrong type in a list", create(paths.pods, { ...meta("a"), spec: { containers: [container({ name: 1 })] } })],
  ["a list that is none", create(paths.pods, { ...meta("a"), spec: { containers: "x" } })],
  ["an object that is none", create(paths.pods, { ...meta("a"), spec: "x" })],
  [
    "unknown fields, strictly",
    create(
      `${paths.deployments}?fieldValidation=Strict`,
      deployment("a", { foo: 1, template: { ...template(), bar: 2 } }),
    ),
  ],
  ["a bad field validation", create(`${paths.configMaps}?fieldValidation=x`, configMap("a"))],
  ["a bad dry run", create(`${paths.configMaps}?dryRun=x`, configMap("a"))],
  ["an empty Deployment", create(paths.deployments, { ...meta("a"), spec: {} })],
  [
    "a selector that does not match",
    create(paths.deployments, deployment("a", { selector: { matchLabels: { other: "b" } } })),
  ],
  ["negative replicas", create(paths.deployments, deployment("a", { replicas: -1 }))],
  ["a bad name", create(paths.configMaps, configMap("A_b"))],
  ["no name", create(paths.configMaps, { metadata: {} })],
  ["a bad label", create(paths.configMaps, configMap("a", {}, { labels: { "a b": "c d" } }))],
  ["a bad annotation", create(paths.configMaps, configMap("a", {}, { annotations: { "a b": "c" } }))],
  ["a bad finalizer", create(paths.configMaps, configMap("a", {}, { finalizers: ["foo"] }))],
  [
    "a bad owner",
    create(
      paths.configMaps,
      configMap("a", {}, { ownerReferences: [{ apiVersion: "v1", kind: "Pod", name: "", uid: "" }] }),
    ),
  ],
  ["a bad key", create(paths.configMaps, configMap("a", { "a b": "c" }))],
  ["data that is no base64", create(paths.secrets, { ...meta("a"), data: { a: "%%" } })],
  ["another kind", create(paths.deployments, { apiVersion: "v1", kind: "Pod", ...meta("a") })],
  ["another version", create(paths.deployments, { apiVersion: "apps/v9", kind: "Deployment", ...meta("a") })],
  ["another namespace", create(paths.configMaps, { metadata: { name: "a", namespace: "other" } })],
  ["a namespace that is not there", create("/api/v1/namespaces/none/configmaps", configMap("a"))],
  ["a version on creation", create(paths.configMaps, configMap("a", {}, { resourceVersion: "5" }))],
  ["a pod without containers", create(paths.pods, { ...meta("a"), spec: { containers: [] } })],
  [
    "a pod with many mistakes",
    create(paths.pods, {
      ...meta("a"),
      spec: {
        restartPolicy: "x",
        volumes: [{ name: "v" }, { name: "v" }],
        containers: [
          {
            name: "C_",
            ports: [{ containerPort: 0 }],
            env: [{ name: "" }],
            volumeMounts: [{ name: "v", mountPath: "" }],
          },
        ],
      },
    }),
  ],
  [
    "a pod that mounts nothing",
    create(paths.pods, {
      ...meta("a"),
      spec: { containers: [container({ volumeMounts: [{ name: "none", mountPath: "/x" }] })] },
    }),
  ],
  ["a pod of no account", create(paths.pods, { ...meta("a"), spec: podSpec({ serviceAccountName: "none" }) })],
  ["a Service without ports", create(paths.services, { ...meta("a"), spec: {} })],
  [
    "a Service with bad ports",
    create(paths.services, { ...meta("a"), spec: { type: "Foo", ports: [{ port: 70000 }, { port: 80 }] } }),
  ],
  [
    "a StatefulSet's fixed fields",
    create(paths.statefulSets, {
      ...meta("a"),
      spec: { replicas: 0, serviceName: "s", selector, template: template() },
    }),
    patch("merge", `${paths.statefulSets}/a`, { spec: { serviceName: "t" } }),
  ],
  [
    "a Deployment's selector",
    create(paths.deployments, deployment("a")),
    patch("merge", `${paths.deployments}/a`, { spec: { selector: { matchLabels: { x: "y" } } } }),
  ],
  [
    "a Service's address",
    create(paths.services, { ...meta("a"), spec: { ports: [{ port: 80 }] } }),
    patch("merge", `${paths.services}/a`, { spec: { clusterIP: "10.96.0.77" } }),
  ],
  [
    "a Secret's type",
    create(paths.secrets, meta("a")),
    patch("merge", `${paths.secrets}/a`, { type: "example.com/x" }),
  ],
  [
    "an immutable ConfigMap",
    create(paths.configMaps, { ...configMap("a", { k: "v" }), immutable: true }),
    patch("merge", `${paths.configMaps}/a`, { data: { k: "w" } }),
  ],
  [
    "another uid",
    create(paths.configMaps, configMap("a")),
    replace(`${paths.configMaps}/a`, configMap("a", {}, { uid: "x" })),
  ],
  [
    "a stale version",
    create(paths.configMaps, configMap("a")),
    replace(`${paths.configMaps}/a`, configMap("a", {}, { resourceVersion: "1" })),
  ],
  ["another name", create(paths.configMaps, configMap("a")), replace(`${paths.configMaps}/a`, configMap("b"))],
  ["an update of nothing", replace(`${paths.configMaps}/none`, configMap("none"))],
  ["a read of nothing", read(`${paths.configMaps}/none`)],
  ["a deletion of nothing", remove(`${paths.configMaps}/none`)],
  ["an unknown resource", read("/api/v1/namespaces/{ns}/foos")],
  ["a creation at a name", create(`${paths.configMaps}/a`, configMap("a"))],
  ["an update of a collection", replace(paths.configMaps, configMap("a"))],
  ["a bad content type", { method: "POST", path: paths.configMaps, body: "x", type: "text/plain" }],
  ["an unacceptable format", read(paths.configMaps, "text/html")],
  [
    "a bad propagation policy",
    create(paths.configMaps, configMap("a")),
    remove(`${paths.configMaps}/a`, { propagationPolicy: "x" }),
  ],
  [
    "a uid that does not hold",
    create(paths.configMaps, configMap("a")),
    remove(`${paths.configMaps}/a`, { preconditions: { uid: "x" } }),
  ],
  [
    "a version that does not hold",
    create(paths.configMaps, configMap("a")),
    remove(`${paths.configMaps}/a`, { preconditions: { resourceVersion: "1" } }),
  ],
  ["a version of the future", read(`${paths.configMaps}?resourceVersion=999999999`)],
  ["a version that is none", read(`${paths.configMaps}?resourceVersion=x`)],
  ["an unknown field selector", read(`${paths.configMaps}?fieldSelector=data.x%3D1`)],
  ["an unknown field selector of pods", read(`${paths.pods}?fieldSelector=spec.foo%3D1`)],
  ["a version match alone", read(`${paths.configMaps}?resourceVersionMatch=Exact`)],
  ["the default namespace", remove("/api/v1/namespaces/default")],
];

export const validationScenarios: readonly Scenario[] = cases.map(([name, ...steps]) => ({
  name: `refusing ${name}`,
  steps,
}));
