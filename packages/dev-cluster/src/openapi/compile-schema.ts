import type { GroupVersionKind } from "../registry/resource-info.ts";
import { anything, type JsonSchema, type TypeSchema, typeSchema } from "../schema/type-schema.ts";
import { openApiDocument } from "./documents.ts";

const refPrefix = "#/components/schemas/";

/** Types whose Go code reads and writes JSON itself, so that their OpenAPI says little. */
const scalars: Readonly<Record<string, TypeSchema>> = {
  "io.k8s.apimachinery.pkg.api.resource.Quantity": typeSchema({ kind: "quantity" }),
  "io.k8s.apimachinery.pkg.util.intstr.IntOrString": typeSchema({ kind: "intOrString" }),
  "io.k8s.apimachinery.pkg.apis.meta.v1.Time": typeSchema({ kind: "time" }),
  "io.k8s.apimachinery.pkg.apis.meta.v1.MicroTime": typeSchema({ kind: "time", goName: "MicroTime" }),
  "io.k8s.apimachinery.pkg.apis.meta.v1.FieldsV1": anything,
  "io.k8s.apimachinery.pkg.runtime.RawExtension": anything,
};

/** The compiled types of one group-version, each compiled once. */
class SchemaCompiler {
  readonly #schemas: Record<string, JsonSchema>;
  readonly #compiled = new Map<string, TypeSchema>();

  constructor(schemas: Record<string, JsonSchema>) {
    this.#schemas = schemas;
  }

  findKind({ group, version, kind }: GroupVersionKind): string | undefined {
    for (const [name, schema] of Object.entries(this.#schemas)) {
      const kinds = schema["x-kubernetes-group-version-kind"] ?? [];
      if (kinds.some((gvk) => gvk.kind === kind && gvk.group === group && gvk.version === version)) return name;
    }
    return undefined;
  }

  named(name: string): TypeSchema {
    const known = scalars[name] ?? this.#compiled.get(name);
    if (known) return known;
    const source = this.#schemas[name];
    if (!source?.properties) {
      const compiled = source ? this.inline(source) : anything;
      this.#compiled.set(name, compiled);
      return compiled;
    }
    const compiled = typeSchema({
      kind: "struct",
      goName: name.slice(name.lastIndexOf(".") + 1),
      required: source.required ?? [],
      atomic: source["x-kubernetes-map-type"] === "atomic",
    });
    // Known before its fields are compiled: a type may contain itself.
    this.#compiled.set(name, compiled);
    for (const [field, schema] of Object.entries(source.properties)) compiled.fields.set(field, this.inline(schema));
    return compiled;
  }

  inline(source: JsonSchema): TypeSchema {
    const ref = source.$ref ?? source.allOf?.[0]?.$ref;
    if (ref) return overlay(this.named(ref.slice(refPrefix.length)), source);
    if (source.type === "array") {
      return overlay(typeSchema({ kind: "list", element: this.inline(source.items ?? {}) }), source);
    }
    if (source.type === "object") return overlay(this.#inlineObject(source), source);
    return overlay(typeSchema({ kind: scalarKind(source), goName: goType(source) }), source);
  }

  #inlineObject(source: JsonSchema): TypeSchema {
    const values = source.additionalProperties;
    if (values === undefined) return anything;
    return typeSchema({ kind: "map", element: typeof values === "boolean" ? anything : this.inline(values) });
  }
}

/** What a place adds to the type that stands there. */
function overlay(type: TypeSchema, place: JsonSchema): TypeSchema {
  const list = place["x-kubernetes-list-type"];
  const strategy = place["x-kubernetes-patch-strategy"];
  const added: Partial<TypeSchema> = {
    ...(place.default === undefined ? {} : { default: place.default }),
    ...(list === "set" ? { list } : list === "map" ? { list } : {}),
    ...(place["x-kubernetes-list-map-keys"] ? { listKeys: place["x-kubernetes-list-map-keys"] } : {}),
    ...(place["x-kubernetes-map-type"] === "atomic" ? { atomic: true } : {}),
    ...(strategy ? { patchStrategy: strategy.split(",") } : {}),
    ...(place["x-kubernetes-patch-merge-key"] ? { patchMergeKey: place["x-kubernetes-patch-merge-key"] } : {}),
  };
  return Object.keys(added).length === 0 ? type : { ...type, ...added };
}

function scalarKind(source: JsonSchema): TypeSchema["kind"] {
  switch (source.type) {
    case "string":
    case "integer":
    case "number":
    case "boolean":
      return source.type;
    default:
      return "any";
  }
}

function goType(source: JsonSchema): string {
  if (source.type === "integer") return source.format ?? "int64";
  if (source.type === "number") return "float64";
  if (source.type === "boolean") return "bool";
  return source.format === "byte" ? "[]uint8" : "string";
}

const compilers = new Map<string, SchemaCompiler>();

function compilerOf(group: string, version: string): SchemaCompiler {
  const key = `${group}/${version}`;
  let compiler = compilers.get(key);
  if (!compiler) {
    compiler = new SchemaCompiler(openApiDocument(group, version).components?.schemas ?? {});
    compilers.set(key, compiler);
  }
  return compiler;
}

/**
 * The type of a kind by the document of a group-version, which may describe kinds of other groups too; one that takes
 * anything where upstream publishes none.
 */
export function builtInSchema(group: string, version: string, kind: GroupVersionKind): TypeSchema {
  const compiler = compilerOf(group, version);
  const name = compiler.findKind(kind);
  return name === undefined ? anything : compiler.named(name);
}

/** The type of `metadata`, which custom kinds share with the built-in ones. */
export function objectMetaSchema(): TypeSchema {
  return compilerOf("apiextensions.k8s.io", "v1").named("io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta");
}
