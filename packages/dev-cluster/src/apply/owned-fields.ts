import { objectMetaSchema } from "../openapi/compile-schema.ts";
import type { ResourceInfo } from "../registry/resource-info.ts";
import { type TypeSchema, typeSchema } from "../schema/type-schema.ts";
import { FieldSet } from "./field-set.ts";

/** Never owned by anyone: the server sets them. Source: `stripSet` of apimachinery. */
const serverFields = FieldSet.decode({
  "f:apiVersion": {},
  "f:kind": {},
  "f:metadata": {
    ".": {},
    "f:name": {},
    "f:namespace": {},
    "f:creationTimestamp": {},
    "f:selfLink": {},
    "f:uid": {},
    "f:clusterName": {},
    "f:generation": {},
    "f:managedFields": {},
    "f:resourceVersion": {},
  },
});

/** The part of `set` that a write through the given subresource can own. */
export function ownable(set: FieldSet, info: ResourceInfo, subresource: string): FieldSet {
  const owned = set.difference(serverFields);
  const drop = (step: string) => {
    owned.members.delete(step);
    owned.children.delete(step);
  };
  if (subresource === "status") {
    for (const step of new Set([...owned.members, ...owned.children.keys()])) if (!isOfStatus(step, info)) drop(step);
  } else if (subresource === "" && info.subresources.has("status")) drop("f:status");
  return owned;
}

/** Writers of a pod's or a node's status may set labels and annotations too. */
function isOfStatus(step: string, info: ResourceInfo): boolean {
  return step === "f:status" || (step === "f:metadata" && ["nodes", "pods"].includes(info.storage));
}

const rootSchemas = new WeakMap<TypeSchema, TypeSchema>();

/** The schema of whole objects of the kind; custom kinds say nothing of metadata themselves. */
export function objectSchema(info: ResourceInfo): TypeSchema {
  const { schema } = info;
  if (!info.custom) return schema;
  const known = rootSchemas.get(schema);
  if (known) return known;
  const fields = new Map(schema.fields);
  fields.set("metadata", objectMetaSchema());
  const text = typeSchema({ kind: "string" });
  fields.set("apiVersion", text).set("kind", text);
  const root: TypeSchema = { ...schema, kind: schema.kind === "any" ? "any" : "struct", fields };
  rootSchemas.set(schema, root);
  return root;
}

/** What Go's empty object of the kind looks like: structs that are not pointers are always there. */
export function emptyObject(info: ResourceInfo): unknown {
  if (info.custom) return { apiVersion: "", kind: "" };
  return emptyOf(info.schema, 0);
}

const deepestEmpty = 8;

function emptyOf(schema: TypeSchema, depth: number): unknown {
  const empty: Record<string, unknown> = {};
  for (const [name, field] of schema.fields) {
    const isValueStruct = field.kind === "struct" && field.default !== undefined;
    if (isValueStruct && depth < deepestEmpty) empty[name] = emptyOf(field, depth + 1);
    // The one required set of upstream has `omitempty` all the same.
    else if (schema.required.includes(name) && ["list", "map"].includes(field.kind) && field.list !== "set") {
      empty[name] = null;
    }
    // A scalar without `omitempty`: Go writes its zero value. Another default is set later, by whoever creates.
    else if (isZero(field.default)) empty[name] = field.default;
  }
  return empty;
}

function isZero(value: unknown): boolean {
  return value === "" || value === 0 || value === false;
}
