import { equalJson, parseQuantity } from "@moorage/kube-types";
import type { FieldError } from "../../status/api-error.ts";
import { invalidValue } from "../../status/field-errors.ts";
import { type ApiObject, fieldsAt, isStrings } from "../../store/api-object.ts";
import { qualifiedName } from "../name-rules.ts";
import type { Strategy } from "../strategy.ts";

/** Resources that are counted, and so come in whole numbers. Source: `standardQuotaResources` and `integerResources`. */
const counted = new Set([
  "pods",
  "resourcequotas",
  "services",
  "replicationcontrollers",
  "secrets",
  "configmaps",
  "persistentvolumeclaims",
  "services.nodeports",
  "services.loadbalancers",
]);
const measured = new Set(["cpu", "memory", "storage", "ephemeral-storage"]);
const prefixes = ["requests.", "limits."];
const podResources = new Set([
  "pods",
  "cpu",
  "memory",
  "requests.cpu",
  "requests.memory",
  "limits.cpu",
  "limits.memory",
]);

const scopes = new Set([
  "Terminating",
  "NotTerminating",
  "BestEffort",
  "NotBestEffort",
  "PriorityClass",
  "CrossNamespacePodAffinity",
  "VolumeAttributesClass",
]);
const opposites = [
  ["BestEffort", "NotBestEffort"],
  ["Terminating", "NotTerminating"],
];

function isStandard(name: string): boolean {
  const prefix = prefixes.find((known) => name.startsWith(known));
  return counted.has(name) || measured.has(name) || (prefix !== undefined && measured.has(name.slice(prefix.length)));
}

/** Source: `ValidateResourceQuotaSpec`. */
function validateQuota(object: ApiObject): FieldError[] {
  const hard = fieldsAt(object, "spec", "hard") ?? {};
  return [
    ...Object.entries(hard).flatMap(([name, amount]) => amountErrors(name, String(amount))),
    ...scopeErrors(scopesOf(object), Object.keys(hard)),
  ];
}

function amountErrors(name: string, amount: string): FieldError[] {
  const field = `spec.hard[${name}]`;
  const isQualified = name.includes("/");
  const nameFault = isQualified ? qualifiedName(name) : undefined;
  const value = parseQuantity(amount);
  return [
    ...(nameFault ? [invalidValue(field, name, nameFault)] : []),
    ...(isQualified || isStandard(name)
      ? []
      : [
          invalidValue(field, name, "must be a standard resource type or fully qualified"),
          invalidValue(field, name, "must be a standard resource for quota"),
        ]),
    ...(value < 0 ? [invalidValue(field, amount, "must be greater than or equal to 0")] : []),
    ...((counted.has(name) || name.startsWith("count/")) && !Number.isInteger(value)
      ? [invalidValue(field, amount, "must be an integer")]
      : []),
  ];
}

function scopeErrors(given: readonly string[], resources: readonly string[]): FieldError[] {
  const field = "spec.scopes";
  const errors: FieldError[] = [];
  for (const scope of given) {
    if (!scopes.has(scope)) errors.push(invalidValue(field, given, "unsupported scope"));
    for (const resource of resources) {
      if (isStandard(resource) && scopes.has(scope) && !fits(scope, resource)) {
        errors.push(invalidValue(field, given, "unsupported scope applied to resource"));
      }
    }
  }
  const isContradiction = opposites.some((pair) => pair.every((scope) => given.includes(scope)));
  return isContradiction ? [...errors, invalidValue(field, given, "conflicting scopes")] : errors;
}

/** Scopes choose among pods; the one for pods without any request chooses only their number. */
function fits(scope: string, resource: string): boolean {
  if (scope === "VolumeAttributesClass") return resource.includes("storage") || resource === "persistentvolumeclaims";
  return scope === "BestEffort" ? resource === "pods" : podResources.has(resource);
}

function scopesOf(object: ApiObject): string[] {
  const given = fieldsAt(object, "spec")?.["scopes"];
  return isStrings(given) ? given : [];
}

function validateQuotaUpdate(next: ApiObject, old: ApiObject): FieldError[] {
  if (equalJson([...scopesOf(next)].sort(), [...scopesOf(old)].sort())) return [];
  return [invalidValue("spec.scopes", scopesOf(next), "field is immutable")];
}

/** ResourceQuotas. */
export const quotaStrategy: Strategy = { validate: validateQuota, validateUpdate: validateQuotaUpdate };
