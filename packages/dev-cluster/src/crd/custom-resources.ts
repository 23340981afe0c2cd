import type { CustomInfo, PrinterColumn, ResourceInfo, SubresourceInfo } from "../registry/resource-info.ts";
import type { JsonSchema, TypeSchema } from "../schema/type-schema.ts";
import { type ApiObject, type Fields, fieldsAt, isFields, isStrings, listAt, stringAt } from "../store/api-object.ts";
import { compileCustomSchema } from "./compile-custom-schema.ts";

const verbs = ["delete", "deletecollection", "get", "list", "patch", "create", "update", "watch"];

/** The resources that a CRD defines, one for each served version, the storage version's `apiVersion` on all. */
export function customResources(crd: ApiObject): ResourceInfo[] {
  const versions = listAt(crd, "spec", "versions").filter(isFields);
  const group = stringAt(crd, "spec", "group") ?? "";
  const stored = versions.find((version) => version["storage"] === true) ?? versions[0];
  const names = versions.map((version) => `${group}/${String(version["name"])}`);
  return versions
    .filter((version) => version["served"] === true)
    .map((version) =>
      customResource(crd, version, {
        group,
        storageApiVersion: `${group}/${String(stored?.["name"])}`,
        versions: names,
      }),
    );
}

function customResource(
  crd: ApiObject,
  version: Fields,
  { group, storageApiVersion, versions }: { group: string; storageApiVersion: string; versions: string[] },
): ResourceInfo {
  const name = String(version["name"]);
  const text = (part: string) => stringAt(crd, "spec", "names", part) ?? "";
  const strings = (part: string) => listAt(crd, "spec", "names", part).filter((item) => typeof item === "string");
  let schema: TypeSchema | undefined;
  return {
    group,
    version: name,
    kind: text("kind"),
    plural: text("plural"),
    namespaced: stringAt(crd, "spec", "scope") === "Namespaced",
    singular: text("singular"),
    listKind: text("listKind"),
    shortNames: strings("shortNames"),
    categories: strings("categories"),
    verbs,
    subresources: new Map(subresourcesOf(version, group, { name, kind: text("kind") }).map((sub) => [sub.name, sub])),
    storage: crd.metadata.name,
    storageApiVersion,
    get schema() {
      schema ??= compileCustomSchema(schemaOf(version));
      return schema;
    },
    custom: customInfo(crd, version, versions),
  };
}

function schemaOf(version: Fields): JsonSchema {
  const schema: JsonSchema = fieldsAt(version, "schema", "openAPIV3Schema") ?? {};
  return schema;
}

function subresourcesOf(
  version: Fields,
  group: string,
  { name, kind }: { name: string; kind: string },
): SubresourceInfo[] {
  const found: SubresourceInfo[] = [];
  const objectVerbs = ["get", "patch", "update"];
  if (fieldsAt(version, "subresources", "status"))
    found.push({ name: "status", group, version: name, kind, verbs: objectVerbs });
  if (fieldsAt(version, "subresources", "scale")) {
    found.push({ name: "scale", group: "autoscaling", version: "v1", kind: "Scale", verbs: objectVerbs });
  }
  return found;
}

function customInfo(crd: ApiObject, version: Fields, versions: readonly string[]): CustomInfo {
  const scale = fieldsAt(version, "subresources", "scale");
  const selector = stringAt(scale, "labelSelectorPath");
  return {
    crd: crd.metadata.name,
    columns: listAt(version, "additionalPrinterColumns").filter(isFields).map(columnOf),
    selectableFields: listAt(version, "selectableFields").map((field) =>
      (stringAt(field, "jsonPath") ?? "").replace(/^\./, ""),
    ),
    statusSubresource: fieldsAt(version, "subresources", "status") !== undefined,
    versions,
    ...conversionOf(crd),
    ...(scale
      ? {
          scale: {
            specReplicasPath: stringAt(scale, "specReplicasPath") ?? "",
            statusReplicasPath: stringAt(scale, "statusReplicasPath") ?? "",
            ...(selector === undefined ? {} : { labelSelectorPath: selector }),
          },
        }
      : {}),
    ...(version["deprecated"] === true ? { deprecationWarning: deprecationOf(crd, version) } : {}),
  };
}

function conversionOf(crd: ApiObject): { conversion?: Fields } {
  const client = fieldsAt(crd, "spec", "conversion", "webhook", "clientConfig");
  return stringAt(crd, "spec", "conversion", "strategy") === "Webhook" && client ? { conversion: client } : {};
}

function deprecationOf(crd: ApiObject, version: Fields): string {
  const given = stringAt(version, "deprecationWarning");
  return (
    given ??
    `${stringAt(crd, "spec", "group")}/${String(version["name"])} ${stringAt(crd, "spec", "names", "kind")} is deprecated`
  );
}

function columnOf(column: Fields): PrinterColumn {
  const { name, type, format, description, priority, jsonPath } = column;
  return {
    name: String(name),
    type: String(type),
    jsonPath: String(jsonPath),
    ...(typeof format === "string" ? { format } : {}),
    ...(typeof description === "string" ? { description } : {}),
    ...(typeof priority === "number" ? { priority } : {}),
  };
}

/** The versions whose objects may still be stored, according to the CRD's status. */
export function storedVersions(crd: ApiObject): string[] {
  const stored = fieldsAt(crd, "status")?.["storedVersions"];
  return isStrings(stored) ? stored : [];
}
