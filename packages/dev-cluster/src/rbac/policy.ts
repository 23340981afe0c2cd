import type { Caller } from "../registry/strategy.ts";
import { type Fields, isFields, isStrings, listAt, stringAt } from "../store/api-object.ts";

/** What is asked: may the caller do this? */
export interface AccessRequest {
  readonly caller: Caller;
  readonly verb: string;
  /** Absent for a path that is no resource. */
  readonly resource?: {
    readonly group: string;
    readonly resource: string;
    readonly subresource: string;
    readonly namespace: string;
    readonly name: string;
  };
  readonly path?: string;
}

/** Whether one rule of a role allows the request. Source: `rbac.RuleAllows`. */
export function ruleAllows(rule: Fields, { verb, resource, path }: AccessRequest): boolean {
  if (!includes(rule, "verbs", verb)) return false;
  if (!resource) return stringsAt(rule, "nonResourceURLs").some((pattern) => matchesPath(pattern, path ?? ""));
  const { group, name } = resource;
  const names = stringsAt(rule, "resourceNames");
  return (
    includes(rule, "apiGroups", group) && allowsResource(rule, resource) && (names.length === 0 || names.includes(name))
  );
}

function allowsResource(rule: Fields, { resource, subresource }: { resource: string; subresource: string }): boolean {
  const wanted = subresource === "" ? resource : `${resource}/${subresource}`;
  return stringsAt(rule, "resources").some(
    (listed) => listed === "*" || listed === wanted || (subresource !== "" && listed === `*/${subresource}`),
  );
}

function includes(rule: Fields, field: string, wanted: string): boolean {
  const listed = stringsAt(rule, field);
  return listed.includes("*") || listed.includes(wanted);
}

function matchesPath(pattern: string, path: string): boolean {
  return pattern.endsWith("*") ? path.startsWith(pattern.slice(0, -1)) : pattern === path;
}

function stringsAt(fields: Fields, key: string): readonly string[] {
  const value = fields[key];
  return isStrings(value) ? value : [];
}

/** Whether a binding is about the caller. `namespace` is the binding's own, for ServiceAccounts that name none. */
export function bindsCaller(binding: unknown, caller: Caller, namespace: string): boolean {
  return listAt(binding, "subjects").some((subject) => isSubject(subject, caller, namespace));
}

function isSubject(subject: unknown, caller: Caller, namespace: string): boolean {
  const name = stringAt(subject, "name") ?? "";
  switch (stringAt(subject, "kind")) {
    case "User":
      return name === caller.name;
    case "Group":
      return caller.groups.includes(name);
    case "ServiceAccount":
      return caller.name === `system:serviceaccount:${stringAt(subject, "namespace") || namespace}:${name}`;
    default:
      return false;
  }
}

/** The rules of a role. */
export function rulesOf(role: unknown): Fields[] {
  return listAt(role, "rules").filter(isFields);
}
