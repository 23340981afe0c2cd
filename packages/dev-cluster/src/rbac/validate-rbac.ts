import { equalJson } from "@moorage/kube-types";
import { dnsSubdomain, pathSegment } from "../registry/name-rules.ts";
import type { FieldError } from "../status/api-error.ts";
import { invalidValue, notSupported, required } from "../status/field-errors.ts";
import { type ApiObject, type Fields, fieldsAt, isFields, listAt, stringAt } from "../store/api-object.ts";

const rbacGroup = "rbac.authorization.k8s.io";

/** Source: `ValidateRole` and `ValidateClusterRole`. */
export function validateRole(object: ApiObject): FieldError[] {
  const isNamespaced = object.kind === "Role";
  return listAt(object, "rules")
    .filter(isFields)
    .flatMap((rule, index) => ruleErrors(rule, `rules[${index}]`, isNamespaced));
}

function ruleErrors(rule: Fields, path: string, isNamespaced: boolean): FieldError[] {
  const isEmpty = (field: string) => listAt(rule, field).length === 0;
  const errors = isEmpty("verbs") ? [required(`${path}.verbs`, "verbs must contain at least one value")] : [];
  if (!isEmpty("nonResourceURLs")) {
    const faults = [
      ...(isNamespaced ? ["namespaced rules cannot apply to non-resource URLs"] : []),
      ...(["apiGroups", "resources", "resourceNames"].every(isEmpty)
        ? []
        : ["rules cannot apply to both regular resources and non-resource URLs"]),
    ];
    return [
      ...errors,
      ...faults.map((fault) => invalidValue(`${path}.nonResourceURLs`, rule["nonResourceURLs"], fault)),
    ];
  }
  if (isEmpty("apiGroups"))
    errors.push(required(`${path}.apiGroups`, "resource rules must supply at least one api group"));
  if (isEmpty("resources"))
    errors.push(required(`${path}.resources`, "resource rules must supply at least one resource"));
  return errors;
}

/** Source: `ValidateRoleBinding` and `ValidateClusterRoleBinding`. */
export function validateBinding(object: ApiObject): FieldError[] {
  const isNamespaced = object.kind === "RoleBinding";
  return [
    ...roleRefErrors(fieldsAt(object, "roleRef") ?? {}, isNamespaced),
    ...listAt(object, "subjects")
      .filter(isFields)
      .flatMap((subject, index) => subjectErrors(subject, `subjects[${index}]`, isNamespaced)),
  ];
}

function roleRefErrors(roleRef: Fields, isNamespaced: boolean): FieldError[] {
  const kinds = isNamespaced ? ["Role", "ClusterRole"] : ["ClusterRole"];
  const name = stringAt(roleRef, "name") ?? "";
  const group = stringAt(roleRef, "apiGroup") || rbacGroup;
  const kind = stringAt(roleRef, "kind") ?? "";
  const fault = pathSegment(name);
  return [
    ...(group === rbacGroup ? [] : [notSupported("roleRef.apiGroup", group, [rbacGroup])]),
    ...(kinds.includes(kind) ? [] : [notSupported("roleRef.kind", kind, kinds)]),
    ...(name === "" ? [required("roleRef.name")] : fault ? [invalidValue("roleRef.name", name, fault)] : []),
  ];
}

function subjectErrors(subject: Fields, path: string, isNamespaced: boolean): FieldError[] {
  const name = stringAt(subject, "name") ?? "";
  const kind = stringAt(subject, "kind") ?? "";
  const group = stringAt(subject, "apiGroup") ?? "";
  const errors = name === "" ? [required(`${path}.name`)] : [];
  const inGroup = (wanted: string) => (group === wanted ? [] : [notSupported(`${path}.apiGroup`, group, [wanted])]);
  switch (kind) {
    case "User":
    case "Group":
      return [...errors, ...inGroup(rbacGroup)];
    case "ServiceAccount": {
      const fault = name === "" ? undefined : dnsSubdomain(name);
      return [
        ...errors,
        ...(fault ? [invalidValue(`${path}.name`, name, fault)] : []),
        ...inGroup(""),
        ...(isNamespaced || stringAt(subject, "namespace") ? [] : [required(`${path}.namespace`)]),
      ];
    }
    default:
      return [...errors, notSupported(`${path}.kind`, kind, ["ServiceAccount", "User", "Group"])];
  }
}

/** What a binding grants is for ever: who may change its subjects must not get at another role. */
export function validateBindingUpdate(next: ApiObject, old: ApiObject): FieldError[] {
  if (equalJson(next["roleRef"], old["roleRef"])) return [];
  const part = (name: string) => stringAt(next, "roleRef", name) ?? "";
  // Upstream shows its Go structure here.
  const shown = { APIGroup: part("apiGroup"), Kind: part("kind"), Name: part("name") };
  return [invalidValue("roleRef", shown, "cannot change roleRef")];
}
