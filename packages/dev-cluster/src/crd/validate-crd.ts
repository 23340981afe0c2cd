import { equalJson } from "@moorage/kube-types";
import { compileCel } from "../schema/cel.ts";
import type { JsonSchema } from "../schema/type-schema.ts";
import type { FieldError } from "../status/api-error.ts";
import { invalidValue, notSupported, required } from "../status/field-errors.ts";
import { type ApiObject, fieldsAt, isFields, listAt, stringAt } from "../store/api-object.ts";
import { ruleCostErrors } from "./rule-costs.ts";
import { type FoundRule, rulesIn } from "./rules-in.ts";

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
    ...ruleErrors(listAt(spec, "versions").filter(isFields)),
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

/** Rules that do not compile would let everything pass. */
function ruleErrors(versions: readonly Record<string, unknown>[]): FieldError[] {
  return schemasOf(versions).flatMap(({ schema, path }) => rulesIn(schema, path).flatMap(ruleFaults));
}

/** Rules that could take too long for one object. */
export function validateCosts(object: ApiObject): FieldError[] {
  const versions = listAt(object, "spec", "versions").filter(isFields);
  return schemasOf(versions).flatMap(({ schema, path }) => ruleCostErrors(schema, path));
}

/** One schema for all versions is told of as upstream keeps it: at the top. */
function schemasOf(versions: readonly Record<string, unknown>[]): { schema: JsonSchema; path: string }[] {
  const schemas = versions.map((version) => fieldsAt(version, "schema", "openAPIV3Schema"));
  const isShared = schemas.every((schema) => equalJson(schema, schemas[0]));
  return (isShared ? schemas.slice(0, 1) : schemas).flatMap((schema, index) => {
    const path = isShared ? "spec.validation.openAPIV3Schema" : `spec.versions[${index}].schema.openAPIV3Schema`;
    return schema ? [{ schema, path }] : [];
  });
}

const reasons = ["FieldValueDuplicate", "FieldValueForbidden", "FieldValueInvalid", "FieldValueRequired"];

function ruleFaults({ rule, path, schema }: FoundRule): FieldError[] {
  if (rule.rule.trim() === "") return [required(`${path}.rule`, "rule is not specified")];
  const { error } = compileCel(rule.rule, { optionalOldSelf: rule.optionalOldSelf === true });
  const { reason, fieldPath } = rule;
  return [
    ...(error === undefined ? [] : [invalidValue(`${path}.rule`, rule.rule, `compilation failed: ${error}`)]),
    ...(reason === undefined || reasons.includes(reason) ? [] : [notSupported(`${path}.reason`, reason, reasons)]),
    ...(fieldPath === undefined || hasPath(schema, fieldPath)
      ? []
      : [invalidValue(`${path}.fieldPath`, fieldPath, "must be a valid path")]),
  ];
}

/** Whether a path such as `.spec['a b'].c` leads to a field of the schema. */
function hasPath(schema: JsonSchema, path: string): boolean {
  const steps = [...path.matchAll(/\.([\w-]+)|\['([^']+)'\]/g)];
  if (steps.map(([step]) => step).join("") !== path) return false;
  let current: JsonSchema | undefined = schema;
  for (const [, field, quotedField] of steps) {
    const values: JsonSchema["additionalProperties"] = current?.additionalProperties;
    current = current?.properties?.[field ?? quotedField ?? ""] ?? (typeof values === "object" ? values : undefined);
  }
  return current !== undefined;
}

/** Scope and names of a served kind are for ever, and its rules stay cheap. */
export function validateCrdUpdate(next: ApiObject, old: ApiObject): FieldError[] {
  const fixed = [
    ["spec", "scope"],
    ["spec", "group"],
    ["spec", "names", "kind"],
    ["spec", "names", "plural"],
  ] as const;
  const changed = fixed.flatMap((path) => {
    const value = stringAt(next, ...path);
    return value === stringAt(old, ...path) ? [] : [invalidValue(path.join("."), value, "field is immutable")];
  });
  // What was accepted once may stay, but not get worse.
  const isAsBefore = equalJson(next["spec"], old["spec"]) || validateCosts(old).length > 0;
  return isAsBefore ? changed : [...changed, ...validateCosts(next)];
}
