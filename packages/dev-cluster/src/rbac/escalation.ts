import { equalJson } from "@moorage/kube-types";
import type { Draft } from "../registry/registry.ts";
import { forbidden, notFound } from "../status/api-error.ts";
import { type ApiObject, type Fields, fieldsAt, isStrings, listAt, stringAt } from "../store/api-object.ts";
import { type Authorizer, masters } from "./authorizer.ts";
import { type AccessRequest, rulesOf } from "./policy.ts";

const group = "rbac.authorization.k8s.io";

/**
 * Refuses a role with rights that its writer does not have, and a binding to one. The verbs `escalate` and `bind` lift
 * the limit. Source: the `policybased` storages of RBAC. @throws ApiError Forbidden
 */
export function checkEscalation(authorizer: Authorizer, draft: Draft): void {
  const { info, options, object, old } = draft;
  if (info.group !== group || options.caller.groups.includes(masters)) return;
  // A change of what garbage collection looks at grants nothing.
  if (old && equalJson(granted(object), granted(old))) return;
  if (info.plural.endsWith("bindings")) checkBinding(authorizer, draft);
  else checkRole(authorizer, draft);
}

function granted({ metadata, ...content }: ApiObject): unknown {
  const {
    ownerReferences: _owners,
    finalizers: _finalizers,
    managedFields: _managers,
    resourceVersion: _version,
    ...rest
  } = metadata;
  return { ...content, metadata: rest };
}

function checkRole(authorizer: Authorizer, draft: Draft): void {
  const { info, object } = draft;
  if (may(authorizer, draft, { verb: "escalate", resource: info.plural, name: object.metadata.name ?? "" })) return;
  const rules = fieldsAt(object, "aggregationRule") ? [everything, everyPath] : rulesOf(object);
  confirm(authorizer, draft, rules);
}

/** The sum of other roles may become anything. */
const everything: Fields = { apiGroups: ["*"], resources: ["*"], verbs: ["*"] };
const everyPath: Fields = { nonResourceURLs: ["*"], verbs: ["*"] };

function checkBinding(authorizer: Authorizer, draft: Draft): void {
  const { info, object } = draft;
  const kind = stringAt(object, "roleRef", "kind") ?? "";
  const name = stringAt(object, "roleRef", "name") ?? "";
  const plural = kind === "Role" ? "roles" : "clusterroles";
  if (may(authorizer, draft, { verb: "bind", resource: plural, name })) return;
  const rules = authorizer.rulesOfRole(kind, name, object.metadata.namespace ?? "");
  if (!rules) throw notFound(info, name);
  confirm(authorizer, draft, rules);
}

function may(
  authorizer: Authorizer,
  { object, options: { caller } }: Draft,
  { verb, resource, name }: { verb: string; resource: string; name: string },
): boolean {
  const namespace = object.metadata.namespace ?? "";
  return authorizer.decide({ caller, verb, resource: { group, resource, subresource: "", namespace, name } }).allowed;
}

function confirm(authorizer: Authorizer, { info, object, options: { caller } }: Draft, rules: readonly Fields[]): void {
  const resource: AccessRequest["resource"] = {
    group: "",
    resource: "",
    subresource: "",
    namespace: object.metadata.namespace ?? "",
    name: "",
  };
  const held = [...authorizer.rulesFor({ caller, resource })].map(({ rule }) => rule);
  const missing = rules.flatMap(singleRights).filter((right) => !held.some((rule) => covers(rule, right)));
  if (missing.length === 0) return;
  const lines = [...new Set(compact(missing).map(ruleText))].sort();
  const who = `user ${JSON.stringify(caller.name)} (groups=${quotedList(caller.groups)})`;
  const why = `${who} is attempting to grant RBAC permissions not currently held:\n${lines.join("\n")}`;
  throw forbidden(info, object.metadata.name ?? "", why);
}

/** A rule as the smallest rights that it is made of. Source: `BreakdownRule`. */
function singleRights(rule: Fields): Fields[] {
  const paths = strings(rule, "nonResourceURLs").flatMap((path) =>
    strings(rule, "verbs").map((verb) => ({ nonResourceURLs: [path], verbs: [verb] })),
  );
  const names = strings(rule, "resourceNames");
  const rights = strings(rule, "apiGroups").flatMap((apiGroup) =>
    strings(rule, "resources").flatMap((resource) =>
      strings(rule, "verbs").flatMap((verb) => {
        const right = { apiGroups: [apiGroup], resources: [resource], verbs: [verb] };
        return names.length === 0 ? [right] : names.map((name) => ({ ...right, resourceNames: [name] }));
      }),
    ),
  );
  return [...rights, ...paths];
}

/** Whether one rule holds the whole of a single right. Source: `ruleCovers`. */
function covers(rule: Fields, right: Fields): boolean {
  const hasAll = (field: string, wanted: readonly string[]) =>
    strings(rule, field).includes("*") || wanted.every((item) => strings(rule, field).includes(item));
  if (!hasAll("verbs", strings(right, "verbs"))) return false;
  const paths = strings(right, "nonResourceURLs");
  if (paths.length > 0)
    return paths.every((path) => strings(rule, "nonResourceURLs").some((known) => pathCovers(known, path)));
  const names = strings(rule, "resourceNames");
  const wantedNames = strings(right, "resourceNames");
  return (
    hasAll("apiGroups", strings(right, "apiGroups")) &&
    strings(right, "resources").every((resource) => resourceCovered(strings(rule, "resources"), resource)) &&
    (names.length === 0 || (wantedNames.length > 0 && wantedNames.every((name) => names.includes(name))))
  );
}

function pathCovers(known: string, path: string): boolean {
  return known === path || (known.endsWith("*") && path.replace(/\*$/, "").startsWith(known.slice(0, -1)));
}

function resourceCovered(listed: readonly string[], resource: string): boolean {
  const subresource = resource.split("/")[1];
  return (
    listed.includes("*") ||
    listed.includes(resource) ||
    (subresource !== undefined && listed.includes(`*/${subresource}`))
  );
}

/** Rights to one resource as one rule. Source: `CompactRules`. */
function compact(rights: readonly Fields[]): Fields[] {
  const byResource = new Map<string, Fields>();
  return rights.flatMap((right) => {
    if (right["nonResourceURLs"] !== undefined) return [right];
    const { verbs, ...place } = right;
    const key = JSON.stringify(place);
    const known = byResource.get(key);
    if (!known) {
      const merged = { ...right };
      byResource.set(key, merged);
      return [merged];
    }
    known["verbs"] = [...new Set([...strings(known, "verbs"), ...(isStrings(verbs) ? verbs : [])])];
    return [];
  });
}

const shownFields = [
  ["apiGroups", "APIGroups"],
  ["resources", "Resources"],
  ["nonResourceURLs", "NonResourceURLs"],
  ["resourceNames", "ResourceNames"],
  ["verbs", "Verbs"],
] as const;

/** Source: `CompactString`. */
function ruleText(rule: Fields): string {
  const parts = shownFields.filter(([field]) => listAt(rule, field).length > 0);
  return `{${parts.map(([field, shown]) => `${shown}:${quotedList(strings(rule, field))}`).join(", ")}}`;
}

/** A list as Go's `%q` prints it. */
function quotedList(items: readonly string[]): string {
  return `[${items.map((item) => JSON.stringify(item)).join(" ")}]`;
}

function strings(fields: Fields, key: string): readonly string[] {
  const value = fields[key];
  return isStrings(value) ? value : [];
}
