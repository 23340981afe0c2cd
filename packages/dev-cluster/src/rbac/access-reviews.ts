import type { Caller } from "../registry/strategy.ts";
import { invalid } from "../status/api-error.ts";
import { required } from "../status/field-errors.ts";
import { type ApiObject, type Fields, fieldsAt, isFields, isStrings, stringAt } from "../store/api-object.ts";
import type { Authorizer } from "./authorizer.ts";
import type { AccessRequest } from "./policy.ts";

/** Answers a SelfSubjectAccessReview, SubjectAccessReview or LocalSubjectAccessReview: the review with its status. */
export function reviewAccess(authorizer: Authorizer, review: ApiObject, caller: Caller): ApiObject {
  const spec = fieldsAt(review, "spec") ?? {};
  const subject = review.kind === "SelfSubjectAccessReview" ? caller : subjectOf(spec, review);
  const reason = authorizer.allowance(accessRequest(spec, subject, review));
  const status = reason === undefined ? { allowed: false } : { allowed: true, ...(reason === "" ? {} : { reason }) };
  return { ...review, status };
}

function subjectOf(spec: Fields, review: ApiObject): Caller {
  const name = stringAt(spec, "user") ?? "";
  const groups = isStrings(spec["groups"]) ? spec["groups"] : [];
  if (name === "" && groups.length === 0) {
    const field = "spec.user";
    throw invalid({ group: "authorization.k8s.io", kind: review.kind, name: "" }, [
      required(field, "at least one of user or group must be specified"),
    ]);
  }
  return { name, groups };
}

function accessRequest(spec: Fields, caller: Caller, review: ApiObject): AccessRequest {
  const resource = fieldsAt(spec, "resourceAttributes");
  if (resource) {
    const part = (name: string) => stringAt(resource, name) ?? "";
    return {
      caller,
      verb: part("verb"),
      resource: {
        group: part("group"),
        resource: part("resource"),
        subresource: part("subresource"),
        namespace: part("namespace"),
        name: part("name"),
      },
    };
  }
  const path = fieldsAt(spec, "nonResourceAttributes");
  if (path) return { caller, verb: stringAt(path, "verb") ?? "", path: stringAt(path, "path") ?? "" };
  throw invalid({ group: "authorization.k8s.io", kind: review.kind, name: "" }, [
    required("spec.resourceAttributes", "exactly one of nonResourceAttributes or resourceAttributes must be specified"),
  ]);
}

/** Answers a SelfSubjectRulesReview: what `kubectl auth can-i --list` shows. */
export function reviewRules(authorizer: Authorizer, review: ApiObject, caller: Caller): ApiObject {
  const namespace = stringAt(review, "spec", "namespace") ?? "";
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
