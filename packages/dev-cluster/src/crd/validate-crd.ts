import { compileCel } from "../schema/cel.ts";
import type { FieldError } from "../status/api-error.ts";
import { invalidValue, required } from "../status/field-errors.ts";
import { type ApiObject, fieldsAt, isFields, listAt, stringAt } from "../store/api-object.ts";
import { rulesIn } from "./rules-in.ts";

/** The checks on a CustomResourceDefinition that its authors run into; its schema is checked in validate-structural.ts. */
export function validateCrd(object: ApiObject): FieldError[] {
  const spec = fieldsAt(object, "spec") ?? {};
  const plural = stringAt(spec, "names", "plural") ?? "";
  const group = stringAt(spec, "group") ?? "";
  const expected = `${plural}.${group}`;
  const nameFault = `must be spec.names.plural+"."+spec.group`;
  return [
    ...(object.metadata.name === expected ? [] : [invalidValue("metadata.name", object.metadata.name, nameFault)]),
    ...(group === ""
      ? [required("spec.group")]
      : group.includes(".")
        ? []
        : [invalidValue("spec.group", group, "should be a domain with at least one dot")]),
    ...["plural", "singular", "kind", "listKind"]
      .filter((name) => !stringAt(spec, "names", name))
      .map((name) => required(`spec.names.${name}`)),
    ...scopeErrors(spec["scope"]),
    ...versionErrors(listAt(spec, "versions").filter(isFields)),
    ...listAt(spec, "versions").flatMap(ruleErrors),
  ];
}

function scopeErrors(scope: unknown): FieldError[] {
  if (scope === "Namespaced" || scope === "Cluster") return [];
  if (scope === undefined || scope === "") return [required("spec.scope")];
  const message = `Unsupported value: ${JSON.stringify(scope)}: supported values: "Cluster", "Namespaced"`;
  return [{ reason: "FieldValueNotSupported", field: "spec.scope", message }];
}

function versionErrors(versions: readonly Record<string, unknown>[]): FieldError[] {
  const stored = versions.filter((version) => version["storage"] === true).length;
  return [
    ...(stored === 1
      ? []
      : [
          invalidValue(
            "spec.versions",
            versions.map((version) => version["name"]),
            "must have exactly one version marked as storage version",
          ),
        ]),
    ...versions.flatMap((version, index) =>
      fieldsAt(version, "schema", "openAPIV3Schema")
        ? []
        : [required(`spec.versions[${index}].schema.openAPIV3Schema`, "schemas are required")],
    ),
  ];
}

/** Rules and patterns that do not compile would let everything pass. */
function ruleErrors(version: unknown, index: number): FieldError[] {
  const schema = fieldsAt(version, "schema", "openAPIV3Schema");
  if (!schema) return [];
  const path = `spec.versions[${index}].schema.openAPIV3Schema`;
  return rulesIn(schema, path).flatMap(({ rule, path: at }) => {
    const { error } = compileCel(rule.rule);
    return error === undefined ? [] : [invalidValue(`${at}.rule`, rule.rule, `compilation failed: ${error}`)];
  });
}

/** Scope and names of a served kind are for ever. */
export function validateCrdUpdate(next: ApiObject, old: ApiObject): FieldError[] {
  const fixed = [
    ["spec", "scope"],
    ["spec", "group"],
    ["spec", "names", "kind"],
    ["spec", "names", "plural"],
  ] as const;
  return fixed.flatMap((path) => {
    const value = stringAt(next, ...path);
    return value === stringAt(old, ...path) ? [] : [invalidValue(path.join("."), value, "field is immutable")];
  });
}
