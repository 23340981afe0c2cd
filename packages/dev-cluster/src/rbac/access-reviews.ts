import type { Caller } from "../registry/strategy.ts";
import { badRequest, type FieldError, invalid } from "../status/api-error.ts";
import { invalidValue } from "../status/field-errors.ts";
import { type ApiObject, type Fields, fieldsAt, isFields, isStrings, stringAt } from "../store/api-object.ts";
import type { Authorizer } from "./authorizer.ts";
import type { AccessRequest } from "./policy.ts";

/**
 * Answers a SelfSubjectAccessReview, SubjectAccessReview or LocalSubjectAccessReview: the review with its status.
 * @throws ApiError Invalid
 */
export function reviewAccess(authorizer: Authorizer, review: ApiObject, caller: Caller): ApiObject {
  const spec = fieldsAt(review, "spec") ?? {};
  const errors = [...metadataErrors(review), ...specErrors(spec, review), ...placeErrors(spec, review)];
  // Upstream does not say what kind is wrong.
  if (errors.length > 0) throw invalid({ group: "authorization.k8s.io", kind: "", name: "" }, errors);
  const subject = review.kind === "SelfSubjectAccessReview" ? caller : subjectOf(spec);
  const { allowed, reason } = authorizer.decide(accessRequest(spec, subject));
  return { ...review, status: { allowed, ...(reason === "" ? {} : { reason }) } };
}

/** A question has no name. */
function metadataErrors({ kind, metadata }: ApiObject): FieldError[] {
  const { managedFields, namespace, ...given } = metadata;
  const isLocal = kind === "LocalSubjectAccessReview";
  if (Object.keys(given).length === 0 && (isLocal || namespace === undefined)) return [];
  const shown = {
    ...given,
    ...(namespace === undefined ? {} : { namespace }),
    ...(managedFields ? { managedFields } : {}),
  };
  return [invalidValue("metadata", shown, isLocal ? "must be empty except for namespace" : "must be empty")];
}

function specErrors(spec: Fields, { kind }: ApiObject): FieldError[] {
  const resource = fieldsAt(spec, "resourceAttributes");
  const path = fieldsAt(spec, "nonResourceAttributes");
  const errors: FieldError[] = [];
  if (resource && path) {
    const detail = "cannot be specified in combination with resourceAttributes";
    errors.push(invalidValue("spec.nonResourceAttributes", shownPath(path), detail));
  }
  if (!resource && !path) {
    const detail = "exactly one of nonResourceAttributes or resourceAttributes must be specified";
    errors.push(invalidValue("spec.resourceAttributes", null, detail));
  }
  if (kind !== "SelfSubjectAccessReview" && !spec["user"] && subjectOf(spec).groups.length === 0) {
    errors.push(invalidValue("spec.user", "", "at least one of user or group must be specified"));
  }
  return errors;
}

/** What a question in a namespace may be about. */
function placeErrors(spec: Fields, { kind, metadata }: ApiObject): FieldError[] {
  if (kind !== "LocalSubjectAccessReview") return [];
  const resource = fieldsAt(spec, "resourceAttributes");
  const path = fieldsAt(spec, "nonResourceAttributes");
  const namespace = stringAt(resource, "namespace") ?? "";
  const errors: FieldError[] = [];
  if (resource && namespace !== metadata.namespace) {
    errors.push(invalidValue("spec.resourceAttributes.namespace", namespace, "must match metadata.namespace"));
  }
  if (path) {
    errors.push(invalidValue("spec.nonResourceAttributes", shownPath(path), "disallowed on this kind of request"));
  }
  return errors;
}

/** Upstream shows its Go structure. */
function shownPath(path: Fields): Fields {
  return { Path: stringAt(path, "path") ?? "", Verb: stringAt(path, "verb") ?? "" };
}

function subjectOf(spec: Fields): Caller {
  return { name: stringAt(spec, "user") ?? "", groups: isStrings(spec["groups"]) ? spec["groups"] : [] };
}

function accessRequest(spec: Fields, caller: Caller): AccessRequest {
  const resource = fieldsAt(spec, "resourceAttributes");
  const of = (fields: Fields | undefined, name: string) => stringAt(fields, name) ?? "";
  if (!resource) {
    const path = fieldsAt(spec, "nonResourceAttributes");
    return { caller, verb: of(path, "verb"), path: of(path, "path") };
  }
  return {
    caller,
    verb: of(resource, "verb"),
    resource: {
      group: of(resource, "group"),
      resource: of(resource, "resource"),
      subresource: of(resource, "subresource"),
      namespace: of(resource, "namespace"),
      name: of(resource, "name"),
    },
  };
}

/** Answers a SelfSubjectRulesReview: what `kubectl auth can-i --list` shows. @throws ApiError BadRequest */
export function reviewRules(authorizer: Authorizer, review: ApiObject, caller: Caller): ApiObject {
  const namespace = stringAt(review, "spec", "namespace") ?? "";
  if (namespace === "") throw badRequest("no namespace on request");
  const resource = { group: "", resource: "", subresource: "", namespace, name: "" };
  const all = { verbs: ["*"] };
  const rules = caller.groups.includes("system:masters")
    ? [
        { ...all, apiGroups: ["*"], resources: ["*"] },
        { ...all, nonResourceURLs: ["*"] },
      ]
    : [...authorizer.rulesFor({ caller, resource })].map(({ rule }) => rule);
  const isPathRule = (rule: unknown) => isFields(rule) && rule["nonResourceURLs"] !== undefined;
  return {
    ...review,
    status: {
      resourceRules: rules.filter((rule) => !isPathRule(rule)),
      nonResourceRules: rules.filter(isPathRule),
      incomplete: false,
    },
  };
}
