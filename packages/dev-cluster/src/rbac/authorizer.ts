import { matchesSelector } from "@moorage/kube-types";
import { labelSelectorOf } from "../registry/strategies/typed-parts.ts";
import { ApiError } from "../status/api-error.ts";
import { type ApiObject, type Fields, listAt, stringAt } from "../store/api-object.ts";
import type { Store } from "../store/store.ts";
import { type AccessRequest, bindsCaller, ruleAllows, rulesOf } from "./policy.ts";

const clusterRoles = "clusterroles.rbac.authorization.k8s.io";
const roles = "roles.rbac.authorization.k8s.io";
const clusterBindings = "clusterrolebindings.rbac.authorization.k8s.io";
const bindings = "rolebindings.rbac.authorization.k8s.io";

/** The group that may do everything, whatever the roles say. */
const masters = "system:masters";

/** A rule, and the binding that grants it. */
export interface GrantedRule {
  readonly rule: Fields;
  readonly reason: string;
}

/** Decides by Roles, ClusterRoles and their bindings as they are stored at the moment. */
export class Authorizer {
  readonly #store: Store;

  constructor(store: Store) {
    this.#store = store;
  }

  /** Why the request is allowed, or undefined when nothing allows it. */
  allowance(request: AccessRequest): string | undefined {
    if (request.caller.groups.includes(masters)) return "";
    for (const { rule, reason } of this.rulesFor(request)) if (ruleAllows(rule, request)) return reason;
    return undefined;
  }

  /** @throws ApiError Forbidden, worded as the real server does. */
  check(request: AccessRequest): void {
    if (this.allowance(request) === undefined) throw refusalOf(request);
  }

  /** Every rule that holds for the caller in the request's namespace and for the whole cluster. */
  *rulesFor({ caller, resource }: Pick<AccessRequest, "caller" | "resource">): Generator<GrantedRule> {
    for (const { object } of this.#store.list(clusterBindings)) {
      if (bindsCaller(object, caller, "")) yield* this.#granted(object, "", "ClusterRoleBinding");
    }
    const namespace = resource?.namespace;
    if (!namespace) return;
    for (const { object } of this.#store.list(bindings, `${namespace}/`)) {
      if (bindsCaller(object, caller, namespace)) yield* this.#granted(object, namespace, "RoleBinding");
    }
  }

  *#granted(binding: ApiObject, namespace: string, kind: string): Generator<GrantedRule> {
    const roleKind = stringAt(binding, "roleRef", "kind") ?? "";
    const name = stringAt(binding, "roleRef", "name") ?? "";
    const subject = listAt(binding, "subjects")
      .map((item) => `${stringAt(item, "kind")} "${stringAt(item, "name")}"`)
      .join(", ");
    const at = namespace === "" ? binding.metadata.name : `${binding.metadata.name}/${namespace}`;
    const reason = `RBAC: allowed by ${kind} "${at}" of ${roleKind} "${name}" to ${subject}`;
    for (const rule of this.#rulesOfRole(roleKind, name, namespace)) yield { rule, reason };
  }

  #rulesOfRole(kind: string, name: string, namespace: string): Fields[] {
    if (kind === "Role") return rulesOf(this.#store.get(roles, `${namespace}/${name}`)?.object);
    const role = this.#store.get(clusterRoles, name)?.object;
    if (!role) return [];
    const selectors = listAt(role, "aggregationRule", "clusterRoleSelectors");
    return selectors.length === 0 ? rulesOf(role) : this.#aggregated(selectors);
  }

  /** An aggregated role is the union of those it selects, at the moment of asking. */
  #aggregated(selectors: readonly unknown[]): Fields[] {
    const parsed = selectors.map(labelSelectorOf);
    return this.#store
      .list(clusterRoles)
      .filter(({ object }) => parsed.some((selector) => matchesSelector(selector, object.metadata.labels)))
      .flatMap(({ object }) => rulesOf(object));
  }
}

function refusalOf({ caller, verb, resource, path = "" }: AccessRequest): ApiError {
  const who = `User ${JSON.stringify(caller.name)} cannot`;
  if (!resource) return new ApiError(403, "Forbidden", `forbidden: ${who} ${verb} path ${JSON.stringify(path)}`, {});
  const { group, namespace, name } = resource;
  const full = resource.subresource === "" ? resource.resource : `${resource.resource}/${resource.subresource}`;
  const where = namespace === "" ? "at the cluster scope" : `in the namespace ${JSON.stringify(namespace)}`;
  const qualified = group === "" ? resource.resource : `${resource.resource}.${group}`;
  const subject = name === "" ? qualified : `${qualified} ${JSON.stringify(name)}`;
  const message = `${subject} is forbidden: ${who} ${verb} resource ${JSON.stringify(full)} in API group ${JSON.stringify(group)} ${where}`;
  return new ApiError(403, "Forbidden", message, {
    ...(name === "" ? {} : { name }),
    ...(group === "" ? {} : { group }),
    kind: resource.resource,
  });
}
