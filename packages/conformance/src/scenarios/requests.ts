import type { Scenario } from "../scenario.ts";
import { create, patch, read, replace, type Step } from "../step.ts";
import { configMap, container, paths, podSpec } from "./objects.ts";

const maps = paths.configMaps;
const one = `${maps}/a`;
const made = create(maps, configMap("a", { k: "v" }));
const post = (body: string, type?: string): Step => ({
  method: "POST",
  path: maps,
  body,
  ...(type === undefined ? {} : { type }),
});
const json = (name = "a"): string => JSON.stringify(configMap(name, { k: "v" }));
const yaml = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: a\ndata:\n  k: v\n";
const mebibyte = 1024 * 1024;
const filled = (bytes: number): string => "x".repeat(bytes);
const slowly = (step: Step): Step => ({ ...step, pauseMs: 600 });

const bodies: [name: string, ...steps: Step[]][] = [
  ["nothing", post("")],
  ["an object that does not end", post('{"metadata": {"name": "a"}')],
  ["a text that does not end", post('{"metadata": {"name": "a')],
  ["no JSON", post("hello")],
  ["a number", post("5")],
  ["a text", post('"a"')],
  ["a list", post("[]")],
  ["null", post("null")],
  ["an empty object", post("{}")],
  ["something after the object", post(`${json()} x`)],
  ["a comma too many", post('{"metadata": {"name": "a"},}')],
  ["a control character", post('{"metadata": {"name": "a"}, "data": {"k": "a\nb"}}')],
  ["a bad escape", post('{"metadata": {"name": "a"}, "data": {"k": "\\x"}}')],
  ["a byte order mark", post(`\ufeff${json()}`)],
  ["spaces around the object", post(`  \n${json()}\n `)],
  ["fields twice", post('{"metadata": {"name": "a", "name": "a"}, "data": {"k": "1", "k": "2"}}')],
  [
    "fields twice, strictly",
    { ...post('{"metadata": {"name": "a"}, "data": {"k": "1", "k": "2"}}'), path: `${maps}?fieldValidation=Strict` },
  ],
  ["fields of another case", post('{"metadata": {"name": "a"}, "Data": {"k": "v"}}')],
  ["a number as a key's value", post('{"metadata": {"name": "a"}, "data": {"k": 1}}')],
  ["a number for the version", post('{"apiVersion": 1, "kind": "ConfigMap", "metadata": {"name": "a"}}')],
  ["a list for metadata", post('{"metadata": []}')],
  ["YAML", post(yaml, "application/yaml")],
  ["YAML that is none", post("a: [", "application/yaml")],
  ["YAML with a tab", post("metadata:\n\tname: a", "application/yaml")],
  ["JSON said to be YAML", post(json(), "application/yaml")],
  ["YAML said to be JSON", post(yaml)],
  ["two YAML documents", post(`${yaml}---\n${yaml.replace("name: a", "name: b")}`, "application/yaml")],
  ["no protobuf", post("k8s\0nonsense", "application/vnd.kubernetes.protobuf")],
];

const types: [name: string, ...steps: Step[]][] = [
  ["JSON with a character set", post(json(), "application/json; charset=utf-8")],
  ["JSON in capitals", post(json(), "Application/JSON")],
  ["text", post(json(), "text/plain")],
  ["a form", post("a=b", "application/x-www-form-urlencoded")],
  ["a type that is none", post(json(), "json")],
  ["a patch as an object", post(json(), "application/merge-patch+json")],
  ["an object as a patch", made, { method: "PATCH", path: one, body: "{}", type: "application/json" }],
  ["a patch of text", made, { method: "PATCH", path: one, body: "{}", type: "text/plain" }],
  ["an answer in YAML", made, read(one, "application/yaml")],
  ["an answer in any form", made, read(one, "*/*")],
  ["an answer in any form of a kind", made, read(one, "application/*")],
  ["an answer in the first form that is known", made, read(one, "text/html, application/json")],
  ["an answer by preference", made, read(one, "application/yaml;q=0.1, application/json;q=0.9")],
  [
    "an answer in a form that is not known",
    made,
    read(one, "application/xml"),
    create(maps, configMap("b")),
    { ...create(maps, configMap("c")), accept: "application/xml" },
  ],
  ["a table of another version", made, read(one, "application/json;as=Table;v=v2;g=meta.k8s.io")],
  [
    "a table or else an object",
    made,
    read(
      maps.replace("{ns}", "{ns}-none"),
      "application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io,application/json",
    ),
  ],
  ["a view that is not known", made, read(one, "application/json;as=Chart;v=v1;g=meta.k8s.io")],
];

const patches: [name: string, ...steps: Step[]][] = [
  ["a merge of no JSON", made, patch("merge", one, "hello")],
  ["a merge of a list", made, patch("merge", one, "[]")],
  ["a merge of a number", made, patch("merge", one, "5")],
  ["a merge of null", made, patch("merge", one, "null")],
  ["a merge of nothing", made, patch("merge", one, "")],
  ["a strategic merge of no JSON", made, patch("strategic", one, "hello")],
  ["a strategic merge of a list", made, patch("strategic", one, "[]")],
  ["operations that are no JSON", made, patch("json", one, "hello")],
  ["an operation that is not known", made, patch("json", one, [{ op: "frob", path: "/data/k" }])],
  ["an operation without a path", made, patch("json", one, [{ op: "remove" }])],
  ["an operation on nothing", made, patch("json", one, [{ op: "remove", path: "/data/none" }])],
  ["an operation below nothing", made, patch("json", one, [{ op: "add", path: "/none/k", value: "v" }])],
  ["a test that fails", made, patch("json", one, [{ op: "test", path: "/data/k", value: "w" }])],
  [
    "a move and a copy",
    made,
    patch("json", one, [
      { op: "copy", from: "/data/k", path: "/data/l" },
      { op: "move", from: "/data/k", path: "/data/m" },
    ]),
  ],
  ["a move from nowhere", made, patch("json", one, [{ op: "move", from: "/data/none", path: "/data/m" }])],
  [
    "an escaped path",
    made,
    patch("json", one, [
      { op: "add", path: "/metadata/annotations", value: {} },
      { op: "add", path: "/metadata/annotations/a.b~1c", value: "v" },
    ]),
  ],
  ["an operation that breaks the object", made, patch("json", one, [{ op: "replace", path: "/data", value: "text" }])],
  [
    "too many operations",
    made,
    patch(
      "json",
      one,
      Array.from({ length: 10_001 }, () => ({ op: "test", path: "/data/k", value: "v" })),
    ),
  ],
  ["an apply of no YAML", patch("apply", `${one}?fieldManager=x`, "a: [")],
  ["an apply of a list", patch("apply", `${one}?fieldManager=x`, "[]")],
  ["an apply of nothing", patch("apply", `${one}?fieldManager=x`, "")],
  ["an apply without a kind", patch("apply", `${one}?fieldManager=x`, { metadata: { name: "a" } })],
  ["an apply of another name", patch("apply", `${one}?fieldManager=x`, configMap("b"))],
  ["an apply of an unknown field", patch("apply", `${one}?fieldManager=x`, { ...configMap("a"), foo: 1 })],
  ["a force of what is no apply", made, patch("merge", `${one}?force=true`, {})],
  ["a manager's name that is too long", made, patch("merge", `${one}?fieldManager=${filled(129)}`, {})],
  ["a manager's name that cannot be printed", made, patch("merge", `${one}?fieldManager=a%00b`, {})],
];

/** Answers of these sizes are compared without their payload. */
const sizes: [name: string, ...steps: Step[]][] = [
  ["a ConfigMap just small enough", create(`${maps}?dryRun=All`, configMap("a", { k: filled(mebibyte - 1) }))],
  ["a ConfigMap too large", create(maps, configMap("a", { k: filled(mebibyte) }))],
  [
    "a ConfigMap too large in parts",
    create(maps, configMap("a", { k: filled(mebibyte / 2), l: filled(mebibyte / 2) })),
  ],
  [
    "a ConfigMap too large by bytes",
    create(maps, { ...configMap("a"), binaryData: { k: Buffer.alloc(mebibyte + 1).toString("base64") } }),
  ],
  ["a Secret too large", create(paths.secrets, { metadata: { name: "a" }, stringData: { k: filled(mebibyte + 1) } })],
  ["annotations too large", create(maps, configMap("a", {}, { annotations: { k: filled(256 * 1024) } }))],
  ["a label too long", create(maps, configMap("a", {}, { labels: { k: filled(64) } }))],
  ["a name too long", create(maps, configMap(filled(254)))],
  ["a namespace's name too long", create("/api/v1/namespaces", { metadata: { name: filled(64) } })],
  [
    "a Service's name too long",
    create(paths.services, { metadata: { name: filled(64) }, spec: { ports: [{ port: 1 }] } }),
  ],
  ["a label's key too long", create(maps, configMap("a", {}, { labels: { [filled(64)]: "v" } }))],
  ["a prefix too long", create(maps, configMap("a", {}, { annotations: { [`${filled(254)}/k`]: "v" } }))],
  [
    "a container's name too long",
    create(paths.pods, { metadata: { name: "a" }, spec: podSpec({ containers: [container({ name: filled(64) })] }) }),
  ],
  ["a key too long", create(maps, configMap("a", { [filled(254)]: "v" }))],
  ["a request of more than three mebibytes", create(maps, configMap("a", { k: filled(3 * mebibyte) }))],
  ["an update too large", made, replace(one, configMap("a", { k: filled(mebibyte) }))],
  ["a patch too large", made, patch("merge", one, { data: { l: filled(mebibyte) } })],
  ["a patch of more than three mebibytes", made, patch("merge", one, { data: { l: filled(3 * mebibyte) } })],
];

const slow: [name: string, ...steps: Step[]][] = [
  ["a creation", slowly(made), read(one)],
  ["an update", made, slowly(replace(one, configMap("a", { k: "w" })))],
  ["a patch", made, slowly(patch("merge", one, { data: { k: "w" } }))],
  ["an apply", slowly(patch("apply", `${one}?fieldManager=x`, configMap("a", { k: "v" })))],
  ["a creation of half an object", slowly(post('{"metadata": {"name": "a"}'))],
  ["a creation of a large object", slowly(create(`${maps}?dryRun=All`, configMap("a", { k: filled(mebibyte / 2) })))],
];

const values: [name: string, ...steps: Step[]][] = [
  [
    "line separators",
    create(maps, configMap("a", { k: "a\u2028b\u2029c" }, { annotations: { a: "\u2028" } })),
    read(one),
    read(`${maps}?fieldSelector=metadata.name%3Da`),
  ],
  ["every plane of Unicode", create(maps, configMap("a", { k: "é€😀\u{10ffff}" })), read(one)],
  ["half a pair of surrogates", post('{"metadata": {"name": "a"}, "data": {"k": "\\ud800x"}}'), read(one)],
  ["a zero character", post('{"metadata": {"name": "a"}, "data": {"k": "a\\u0000b"}}'), read(one)],
  ["what HTML would escape", create(maps, configMap("a", { k: '<a href="x">&\'</a>' })), read(one)],
  [
    "long lines",
    create(maps, configMap("a", { k: `${filled(70_000)}\n${filled(10)}` })),
    patch("merge", one, { data: { l: "m" } }),
  ],
  ["a large number", create(paths.deployments, { metadata: { name: "a" }, spec: { replicas: 3_000_000_000 } })],
  ["a fraction", create(paths.deployments, { metadata: { name: "a" }, spec: { replicas: 1.5 } })],
  [
    "a number with an exponent",
    { method: "POST", path: paths.leases, body: '{"metadata": {"name": "a"}, "spec": {"leaseDurationSeconds": 1e1}}' },
  ],
  [
    "a number with a fraction of nothing",
    { method: "POST", path: paths.leases, body: '{"metadata": {"name": "a"}, "spec": {"leaseDurationSeconds": 10.0}}' },
  ],
];

const groups: Readonly<Record<string, [name: string, ...steps: Step[]][]>> = {
  "bodies of": bodies,
  "types:": types,
  "patches:": patches,
  "sizes:": sizes,
  "slow clients:": slow,
  "values:": values,
};

const otherYaml = "what is no YAML is worded by another parser";
const asWritten = "a whole number is taken in any notation: nothing here sees how it was written";
const differing: Readonly<Record<string, string>> = {
  "bodies of YAML that is none": otherYaml,
  "bodies of YAML with a tab": otherYaml,
  "patches: an apply of no YAML": otherYaml,
  "patches: an operation that breaks the object": "the refused object is shown with its fields in another order",
  "values: a number with an exponent": asWritten,
  "values: a number with a fraction of nothing": asWritten,
};

/** What comes over the wire: bodies, types, sizes, and clients that take their time. */
export const requestScenarios: readonly Scenario[] = Object.entries(groups).flatMap(([group, cases]) =>
  cases.map(([name, ...steps]) => scenario(`${group} ${name}`, steps)),
);

function scenario(name: string, steps: readonly Step[]): Scenario {
  const differs = differing[name];
  return { name, steps, ...(differs === undefined ? {} : { differs }) };
}
