import type { ResourceInfo } from "../registry/resource-info.ts";
import type { JsonSchema } from "../schema/type-schema.ts";
import { type OpenApiDocument, openApiDocument } from "./documents.ts";

const metaPrefix = "io.k8s.apimachinery.pkg.apis.meta.v1.";
const refTo = (name: string): JsonSchema => ({ $ref: `#/components/schemas/${name}` });

/** An OpenAPI v3 document for custom kinds of one group-version, in the shape of the built-in ones. */
export function customDocument(resources: readonly ResourceInfo[]): OpenApiDocument {
  const schemas: Record<string, JsonSchema> = metaSchemas();
  const paths: Record<string, unknown> = {};
  for (const info of resources) {
    const name = schemaName(info);
    schemas[name] = kindSchema(info);
    schemas[`${name}List`] = listSchema(info, name);
    Object.assign(paths, pathsOf(info, name));
  }
  return {
    openapi: "3.0.0",
    info: { title: "Kubernetes CRD Swagger", version: "v0.1.0" },
    paths,
    components: { schemas },
  };
}

/** `example.com` → `com.example.v1.WebApp`. */
function schemaName({ group, version, kind }: ResourceInfo): string {
  return `${group.split(".").reverse().join(".")}.${version}.${kind}`;
}

/** The types of apimachinery, as the document of a small built-in group has them. */
function metaSchemas(): Record<string, JsonSchema> {
  const all = openApiDocument("apiextensions.k8s.io", "v1").components?.schemas ?? {};
  return Object.fromEntries(Object.entries(all).filter(([name]) => name.startsWith(metaPrefix)));
}

const conventions = "https://git.k8s.io/community/contributors/devel/sig-architecture/api-conventions.md";
const apiVersionText = `APIVersion defines the versioned schema of this representation of an object. Servers should convert recognized schemas to the latest internal value, and may reject unrecognized values. More info: ${conventions}#resources`;
const kindText = `Kind is a string value representing the REST resource this object represents. Servers may infer this from the endpoint the client submits requests to. Cannot be updated. In CamelCase. More info: ${conventions}#types-kinds`;
const metadataText = `Standard object's metadata. More info: ${conventions}#metadata`;
const listMetadataText = `Standard list metadata. More info: ${conventions}#types-kinds`;

function kindSchema(info: ResourceInfo): JsonSchema {
  const { source } = info.schema;
  return {
    ...source,
    type: "object",
    properties: {
      ...source.properties,
      apiVersion: { type: "string", description: apiVersionText },
      kind: { type: "string", description: kindText },
      metadata: { allOf: [refTo(`${metaPrefix}ObjectMeta`)], description: metadataText },
    },
    "x-kubernetes-group-version-kind": [{ group: info.group, version: info.version, kind: info.kind }],
  };
}

function listSchema(info: ResourceInfo, name: string): JsonSchema {
  return {
    description: `${info.kind}List is a list of ${info.kind}`,
    type: "object",
    required: ["items"],
    properties: {
      apiVersion: { type: "string", description: apiVersionText },
      items: { type: "array", items: refTo(name), description: `List of ${info.plural}. More info: ${conventions}` },
      kind: { type: "string", description: kindText },
      metadata: { allOf: [refTo(`${metaPrefix}ListMeta`)], description: listMetadataText },
    },
    "x-kubernetes-group-version-kind": [{ group: info.group, version: info.version, kind: info.listKind }],
  };
}

const writeParameters = ["dryRun", "fieldManager", "fieldValidation"].map((name) => ({
  name,
  in: "query",
  schema: { type: "string", uniqueItems: true },
}));

function pathsOf(info: ResourceInfo, name: string): Record<string, unknown> {
  const scope = info.namespaced ? "/namespaces/{namespace}" : "";
  const collection = `/apis/${info.group}/${info.version}${scope}/${info.plural}`;
  const operation = (action: string, parameters: readonly unknown[] = []) => ({
    tags: [`${info.group}_${info.version}`],
    parameters,
    responses: { 200: { description: "OK", content: { "application/json": { schema: refTo(name) } } } },
    "x-kubernetes-action": action,
    "x-kubernetes-group-version-kind": { group: info.group, version: info.version, kind: info.kind },
  });
  const object = {
    get: operation("get"),
    put: operation("put", writeParameters),
    patch: operation("patch", [...writeParameters, { name: "force", in: "query", schema: { type: "boolean" } }]),
    delete: operation("delete", [writeParameters[0]]),
  };
  const subresources = [...info.subresources.keys()].map((sub) => [`${collection}/{name}/${sub}`, object]);
  return {
    [collection]: { get: operation("list"), post: operation("post", writeParameters) },
    ...(info.namespaced ? { [`/apis/${info.group}/${info.version}/${info.plural}`]: { get: operation("list") } } : {}),
    [`${collection}/{name}`]: object,
    ...Object.fromEntries(subresources),
  };
}
