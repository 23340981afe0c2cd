/**
 * Writes packages/kube-types/src/generated: a plain interface and a `ResourceType` for each built-in
 * kind that Moorage speaks of, from the OpenAPI v3 documents under packages/dev-cluster/src/openapi/data.
 */
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { brotliDecompressSync } from "node:zlib";

const root = join(import.meta.dirname, "../..");
const data = join(root, "packages/dev-cluster/src/openapi/data");
const target = join(root, "packages/kube-types/src/generated");

/** Document, and the kinds to take from it with their plural and scope. */
const documents: {
  document: string;
  group: string;
  version: string;
  kinds: Record<string, [plural: string, scope: "Namespaced" | "Cluster"]>;
}[] = [
  {
    document: "api__v1",
    group: "",
    version: "v1",
    kinds: {
      ConfigMap: ["configmaps", "Namespaced"],
      Endpoints: ["endpoints", "Namespaced"],
      Namespace: ["namespaces", "Cluster"],
      Node: ["nodes", "Cluster"],
      PersistentVolumeClaim: ["persistentvolumeclaims", "Namespaced"],
      Pod: ["pods", "Namespaced"],
      ResourceQuota: ["resourcequotas", "Namespaced"],
      Secret: ["secrets", "Namespaced"],
      Service: ["services", "Namespaced"],
      ServiceAccount: ["serviceaccounts", "Namespaced"],
    },
  },
  {
    document: "apis__apps__v1",
    group: "apps",
    version: "v1",
    kinds: {
      ControllerRevision: ["controllerrevisions", "Namespaced"],
      Deployment: ["deployments", "Namespaced"],
      ReplicaSet: ["replicasets", "Namespaced"],
      StatefulSet: ["statefulsets", "Namespaced"],
    },
  },
  { document: "apis__batch__v1", group: "batch", version: "v1", kinds: { Job: ["jobs", "Namespaced"] } },
  {
    document: "apis__discovery.k8s.io__v1",
    group: "discovery.k8s.io",
    version: "v1",
    kinds: { EndpointSlice: ["endpointslices", "Namespaced"] },
  },
  {
    document: "apis__coordination.k8s.io__v1",
    group: "coordination.k8s.io",
    version: "v1",
    kinds: { Lease: ["leases", "Namespaced"] },
  },
  {
    document: "apis__events.k8s.io__v1",
    group: "events.k8s.io",
    version: "v1",
    kinds: { Event: ["events", "Namespaced"] },
  },
  {
    document: "apis__autoscaling__v2",
    group: "autoscaling",
    version: "v2",
    kinds: { HorizontalPodAutoscaler: ["horizontalpodautoscalers", "Namespaced"] },
  },
  {
    document: "apis__networking.k8s.io__v1",
    group: "networking.k8s.io",
    version: "v1",
    kinds: { Ingress: ["ingresses", "Namespaced"], NetworkPolicy: ["networkpolicies", "Namespaced"] },
  },
  {
    document: "apis__policy__v1",
    group: "policy",
    version: "v1",
    kinds: { PodDisruptionBudget: ["poddisruptionbudgets", "Namespaced"] },
  },
  {
    document: "apis__rbac.authorization.k8s.io__v1",
    group: "rbac.authorization.k8s.io",
    version: "v1",
    kinds: {
      ClusterRole: ["clusterroles", "Cluster"],
      ClusterRoleBinding: ["clusterrolebindings", "Cluster"],
      Role: ["roles", "Namespaced"],
      RoleBinding: ["rolebindings", "Namespaced"],
    },
  },
  {
    document: "apis__apiextensions.k8s.io__v1",
    group: "apiextensions.k8s.io",
    version: "v1",
    kinds: { CustomResourceDefinition: ["customresourcedefinitions", "Cluster"] },
  },
  {
    document: "apis__admissionregistration.k8s.io__v1",
    group: "admissionregistration.k8s.io",
    version: "v1",
    kinds: {
      MutatingWebhookConfiguration: ["mutatingwebhookconfigurations", "Cluster"],
      ValidatingWebhookConfiguration: ["validatingwebhookconfigurations", "Cluster"],
    },
  },
  {
    document: "apis__authentication.k8s.io__v1",
    group: "authentication.k8s.io",
    version: "v1",
    kinds: { TokenReview: ["tokenreviews", "Cluster"] },
  },
  {
    document: "apis__authorization.k8s.io__v1",
    group: "authorization.k8s.io",
    version: "v1",
    kinds: {
      SelfSubjectAccessReview: ["selfsubjectaccessreviews", "Cluster"],
      SubjectAccessReview: ["subjectaccessreviews", "Cluster"],
    },
  },
];

interface Schema {
  "x-kubernetes-patch-strategy"?: string;
  "x-kubernetes-patch-merge-key"?: string;
  type?: string;
  format?: string;
  description?: string;
  $ref?: string;
  allOf?: Schema[];
  items?: Schema;
  required?: string[];
  properties?: Record<string, Schema>;
  additionalProperties?: Schema | boolean;
  oneOf?: Schema[];
}

/** Schemas that packages/kube-types/src/meta.ts writes by hand, and scalar aliases. */
const handWritten: Record<string, string> = {
  Time: "string",
  MicroTime: "string",
  Quantity: "string",
  IntOrString: "number | string",
  FieldsV1: "unknown",
  RawExtension: "unknown",
  JSON: "unknown",
  JSONSchemaPropsOrBool: "JSONSchemaProps | boolean",
  JSONSchemaPropsOrArray: "JSONSchemaProps | JSONSchemaProps[]",
  JSONSchemaPropsOrStringArray: "JSONSchemaProps | string[]",
};
const meta = new Set([
  "ObjectMeta",
  "OwnerReference",
  "LabelSelector",
  "LabelSelectorRequirement",
  "Condition",
  "ManagedFieldsEntry",
]); // as published under io.k8s.apimachinery

const shortName = (id: string) => id.slice(id.lastIndexOf(".") + 1);
const idOf = (ref: string) => ref.slice(ref.lastIndexOf("/") + 1);
const fileOf = (id: string) => id.split(".").slice(-3, -1).join("-");

class File {
  readonly lines: string[] = [];
  readonly done = new Set<string>();
  readonly imports = new Map<string, Set<string>>();
  import(from: string, name: string) {
    const names = this.imports.get(from) ?? new Set();
    this.imports.set(from, names.add(name));
  }
}
const files = new Map<string, File>();
const fileNamed = (name: string) => {
  const file = files.get(name) ?? new File();
  files.set(name, file);
  return file;
};

function typeOf(schema: Schema, schemas: Record<string, Schema>, file: File, fileName: string): string {
  const ref = schema.$ref ?? schema.allOf?.[0]?.$ref;
  if (ref) return refType(idOf(ref), schemas, file, fileName);
  if (schema.type === "array") {
    const item = typeOf(schema.items ?? {}, schemas, file, fileName);
    return item.includes("|") ? `(${item})[]` : `${item}[]`;
  }
  if (schema.type === "object") {
    const values = schema.additionalProperties;
    return values && values !== true
      ? `Record<string, ${typeOf(values, schemas, file, fileName)}>`
      : "Record<string, unknown>";
  }
  return { string: "string", boolean: "boolean", integer: "number", number: "number" }[schema.type ?? ""] ?? "unknown";
}

function refType(id: string, schemas: Record<string, Schema>, file: File, fileName: string): string {
  const name = shortName(id);
  const alias = handWritten[name];
  if (alias?.includes("JSONSchemaProps")) {
    const target = id.replace(name, "JSONSchemaProps");
    writeInterface(target, schemas);
  }
  if (alias) return alias;
  if (meta.has(name) && id.includes("apimachinery")) {
    file.import("../meta.ts", name);
    return name === "ObjectMeta" ? "Partial<ObjectMeta>" : name;
  }
  writeInterface(id, schemas);
  const other = fileOf(id);
  if (other !== fileName) file.import(`./${other}.ts`, name);
  return name;
}

const property = (name: string) => (/^[A-Za-z_]\w*$/.test(name) ? name : JSON.stringify(name));

function writeInterface(
  id: string,
  schemas: Record<string, Schema>,
  gvk?: { group: string; version: string; kind: string },
): void {
  const fileName = fileOf(id);
  const file = fileNamed(fileName);
  if (file.done.has(id)) return;
  file.done.add(id);
  const schema = schemas[id];
  if (!schema) throw new Error(`The OpenAPI document has no schema "${id}"`);
  const body: string[] = [];
  for (const [name, value] of Object.entries(schema.properties ?? {})) {
    if (gvk && ["apiVersion", "kind", "metadata"].includes(name)) continue;
    const required = schema.required?.includes(name) || (gvk && name === "spec");
    body.push(`  ${property(name)}${required ? "" : "?"}: ${typeOf(value, schemas, file, fileName)};`);
  }
  const name = shortName(id);
  if (gvk) file.import("../resource-type.ts", "KubeObject");
  file.lines.push(`export interface ${name} ${gvk ? "extends KubeObject " : ""}{`, ...body, "}", "");
}

for (const { document, group, version, kinds } of documents) {
  const json = brotliDecompressSync(readFileSync(join(data, `${document}.json.br`))).toString("utf8");
  const schemas: Record<string, Schema> = JSON.parse(json).components.schemas;
  for (const [kind, [plural, scope]] of Object.entries(kinds)) {
    const id = Object.keys(schemas).find((key) => shortName(key) === kind && !key.includes("apimachinery"));
    if (!id) throw new Error(`"${document}" has no kind "${kind}"`);
    writeInterface(id, schemas, { group, version, kind });
    const file = fileNamed(fileOf(id));
    file.import("../resource-type.ts", "ResourceType");
    const fields = { group, version, kind, plural, namespaced: scope === "Namespaced" };
    file.lines.push(`export const ${kind}: ResourceType<${kind}> = ${JSON.stringify(fields)};`, "");
  }
}

rmSync(target, { recursive: true, force: true });
mkdirSync(target, { recursive: true });
for (const [name, file] of files) {
  const imports = [...file.imports].map(
    ([from, names]) => `import type { ${[...names].sort().join(", ")} } from "${from}";`,
  );
  const header = "// Generated by tools/generate/kube-types.ts from the Kubernetes OpenAPI v3 documents. Do not edit.";
  writeFileSync(join(target, `${name}.ts`), [header, ...imports.sort(), "", ...file.lines].join("\n"));
}

/** How a pod template merges: for each struct, the fields that are not plain values. */
interface MergeField {
  type?: string;
  list?: true;
  map?: true;
  strategy?: string;
  key?: string;
}

function mergeTypes(schemas: Record<string, Schema>, root: string): Record<string, Record<string, MergeField>> {
  const types: Record<string, Record<string, MergeField>> = {};
  const visit = (id: string): string => {
    const name = shortName(id);
    if (types[name]) return name;
    const fields: Record<string, MergeField> = {};
    types[name] = fields;
    for (const [field, schema] of Object.entries(schemas[id]?.properties ?? {})) {
      const merge = mergeField(schema, visit, schemas);
      if (merge) fields[field] = merge;
    }
    return name;
  };
  visit(root);
  return types;
}

function mergeField(
  schema: Schema,
  visit: (id: string) => string,
  schemas: Record<string, Schema>,
): MergeField | undefined {
  const values = schema.type === "object" && typeof schema.additionalProperties === "object";
  const inner = schema.type === "array" ? schema.items : schema;
  const ref = inner?.$ref ?? inner?.allOf?.[0]?.$ref;
  const type = ref && schemas[idOf(ref)]?.properties ? visit(idOf(ref)) : undefined;
  const strategy = schema["x-kubernetes-patch-strategy"];
  const key = schema["x-kubernetes-patch-merge-key"];
  if (!type && !strategy && !values) return undefined;
  return {
    ...(type && { type }),
    ...(schema.type === "array" && { list: true as const }),
    ...(values && { map: true as const }),
    ...(strategy && { strategy }),
    ...(key && { key }),
  };
}

const core: Record<string, Schema> = JSON.parse(
  brotliDecompressSync(readFileSync(join(data, "api__v1.json.br"))).toString("utf8"),
).components.schemas;
writeFileSync(
  join(target, "pod-template-merge.ts"),
  [
    "// Generated by tools/generate/kube-types.ts from the Kubernetes OpenAPI v3 documents. Do not edit.",
    'import type { MergeField } from "../merge-schema.ts";',
    "",
    `export const podTemplateMergeTypes: Readonly<Record<string, Readonly<Record<string, MergeField>>>> = ${JSON.stringify(mergeTypes(core, "io.k8s.api.core.v1.PodTemplateSpec"), undefined, 2)};`,
    "",
  ].join("\n"),
);
