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
export const masters = "system:masters";

/** Whether a request is allowed, and why or why not; the reason may be empty. */
export interface Decision {
  readonly allowed: boolean;
  readonly reason: string;
}

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

  decide(request: AccessRequest): Decision {
    if (request.caller.groups.includes(masters)) return { allowed: true, reason: "" };
    const missing: string[] = [];
    for (const { rule, reason } of this.rulesFor(request, missing)) {
      if (ruleAllows(rule, request)) return { allowed: true, reason };
    }
    const faults = missing.length > 1 ? `[${missing.join(", ")}]` : missing[0];
    return { allowed: false, reason: faults === undefined ? "" : `RBAC: ${faults}` };
  }

  /** @throws ApiError Forbidden, worded as the real server does. */
  check(request: AccessRequest): void {
    const { allowed, reason } = this.decide(request);
    if (!allowed) throw refusalOf(request, reason);
  }

  /** Every rule that holds for the caller in the request's namespace and for the whole cluster. Notes bound roles that are not there. */
  *rulesFor(
    { caller, resource }: Pick<AccessRequest, "caller" | "resource">,
    missing: string[] = [],
  ): Generator<GrantedRule> {
    for (const { object } of this.#store.list(clusterBindings)) {
      if (bindsCaller(object, caller, "")) yield* this.#granted(object, "", { kind: "ClusterRoleBinding", missing });
    }
    const namespace = resource?.namespace;
    if (!namespace) return;
    for (const { object } of this.#store.list(bindings, `${namespace}/`)) {
      if (bindsCaller(object, caller, namespace)) {
        yield* this.#granted(object, namespace, { kind: "RoleBinding", missing });
      }
    }
  }

  *#granted(
    binding: ApiObject,
    namespace: string,
    { kind, missing }: { kind: string; missing: string[] },
  ): Generator<GrantedRule> {
    const roleKind = stringAt(binding, "roleRef", "kind") ?? "";
    const name = stringAt(binding, "roleRef", "name") ?? "";
    const rules = this.rulesOfRole(roleKind, name, namespace);
    if (!rules) {
      missing.push(`${roleKind.toLowerCase()}.rbac.authorization.k8s.io ${JSON.stringify(name)} not found`);
      return;
    }
    const subject = listAt(binding, "subjects")
      .map((item) => `${stringAt(item, "kind")} "${stringAt(item, "name")}"`)
      .join(", ");
    const at = namespace === "" ? binding.metadata.name : `${binding.metadata.name}/${namespace}`;
    const reason = `RBAC: allowed by ${kind} "${at}" of ${roleKind} "${name}" to ${subject}`;
    for (const rule of rules) yield { rule, reason };
  }

  /** The rules of a role, or undefined where there is no such role. `namespace` is that of a Role. */
  rulesOfRole(kind: string, name: string, namespace: string): Fields[] | undefined {
    const role = (
      kind === "Role" ? this.#store.get(roles, `${namespace}/${name}`) : this.#store.get(clusterRoles, name)
    )?.object;
    if (!role) return undefined;
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

function refusalOf({ caller, verb, resource, path = "" }: AccessRequest, reason: string): ApiError {
  const why = reason === "" ? "" : `: ${reason}`;
  const who = `User ${JSON.stringify(caller.name)} cannot`;
  if (!resource)
    return new ApiError(403, "Forbidden", `forbidden: ${who} ${verb} path ${JSON.stringify(path)}${why}`, {});
  const { group, namespace, name } = resource;
  const full = resource.subresource === "" ? resource.resource : `${resource.resource}/${resource.subresource}`;
  const where = namespace === "" ? "at the cluster scope" : `in the namespace ${JSON.stringify(namespace)}`;
  const qualified = group === "" ? resource.resource : `${resource.resource}.${group}`;
  const subject = name === "" ? qualified : `${qualified} ${JSON.stringify(name)}`;
  const message = `${subject} is forbidden: ${who} ${verb} resource ${JSON.stringify(full)} in API group ${JSON.stringify(group)} ${where}${why}`;
  return new ApiError(403, "Forbidden", message, {
    ...(name === "" ? {} : { name }),
    ...(group === "" ? {} : { group }),
    kind: resource.resource,
  });
}
