import type { Authorizer } from "../rbac/authorizer.ts";
import type { AccessRequest } from "../rbac/policy.ts";
import type { Caller } from "../registry/strategy.ts";
import { badRequest, isRefusal } from "../status/api-error.ts";
import type { ApiServerParts } from "./api-server.ts";
import type { Exchange } from "./exchange.ts";

const extraPrefix = "impersonate-extra-";

/** Whom the headers of a request name. */
interface Wanted {
  readonly name: string;
  readonly uid: string;
  readonly groups: readonly string[];
  readonly extra: Readonly<Record<string, readonly string[]>>;
}

/**
 * Replaces the caller where it may act as the one that the request's headers name: by the verb `impersonate`, or for
 * single verbs and resources by `impersonate:…` and `impersonate-on:…`.
 *
 * Source: "User impersonation" and KEP-5284, "Constrained Impersonation".
 */
export function impersonate({ authorizer }: ApiServerParts, exchange: Exchange, asked: AccessRequest): void {
  if (!namesAnother(exchange)) return;
  const wanted: Wanted = {
    name: exchange.header("impersonate-user"),
    uid: exchange.header("impersonate-uid"),
    groups: exchange.request.headersDistinct["impersonate-group"] ?? [],
    extra: extraOf(exchange),
  };
  const { name, uid, groups, extra } = wanted;
  const isAsked = name !== "" || uid !== "" || groups.length > 0 || Object.keys(extra).length > 0;
  if (!isAsked) return;
  if (name === "") throw badRequest(`requested ${goText(wanted)} without impersonating a user name`);
  checkRight(authorizer, wanted, asked);
  exchange.caller = impersonated(wanted);
}

/** Most requests name nobody, and their distinct headers would be put together for this alone. */
function namesAnother({ request }: Exchange): boolean {
  return Object.keys(request.headers).some((name) => name.startsWith("impersonate-"));
}

/** Those who have impersonated by the old verb are told what the old verb lacks. Source: the mode cache upstream. */
const usedOldVerb = new WeakMap<Authorizer, Set<string>>();

function checkRight(authorizer: Authorizer, wanted: Wanted, asked: AccessRequest): void {
  const used = usedOldVerb.get(authorizer) ?? new Set<string>();
  usedOldVerb.set(authorizer, used);
  const { caller } = asked;
  const constrained = refusalOf(() => checkConstrained(authorizer, wanted, asked));
  if (!constrained) return;
  const old = refusalOf(() => checkSubjects(authorizer, wanted, { caller, verb: "impersonate", group: "" }));
  if (old) throw used.has(caller.name) ? old : constrained;
  used.add(caller.name);
}

/** The refusal, or undefined where nothing is refused. */
function refusalOf(check: () => void): unknown {
  try {
    check();
    return undefined;
  } catch (error) {
    if (!isRefusal(error, "Forbidden")) throw error;
    return error;
  }
}

function checkConstrained(authorizer: Authorizer, wanted: Wanted, asked: AccessRequest): void {
  const mode = accountOf(wanted.name) ? "serviceaccount" : "user-info";
  authorizer.check({ ...asked, verb: `impersonate-on:${mode}:${asked.verb}` });
  const group = "authentication.k8s.io";
  checkSubjects(authorizer, wanted, { caller: asked.caller, verb: `impersonate:${mode}`, group });
}

function checkSubjects(
  authorizer: Authorizer,
  { name, uid, groups, extra }: Wanted,
  { caller, verb, group }: { caller: Caller; verb: string; group: string },
): void {
  const check = (
    resource: string,
    subject: string,
    more: { group?: string; namespace?: string; subresource?: string } = {},
  ) =>
    authorizer.check({
      caller,
      verb,
      resource: { group, resource, subresource: "", namespace: "", name: subject, ...more },
    });
  const account = accountOf(name);
  if (account) check("serviceaccounts", account.name, { namespace: account.namespace });
  else check("users", name);
  const own = { group: "authentication.k8s.io" };
  for (const each of groups) check("groups", each);
  for (const [key, values] of Object.entries(extra)) {
    for (const value of values) check("userextras", value, { ...own, subresource: key });
  }
  if (uid !== "") check("uids", uid, own);
}

function accountOf(user: string): { namespace: string; name: string } | undefined {
  const [, namespace, name] = /^system:serviceaccount:([^:]+):([^:]+)$/.exec(user) ?? [];
  return namespace !== undefined && name !== undefined ? { namespace, name } : undefined;
}

function impersonated({ name, uid, groups, extra }: Wanted): Caller {
  const namespace = accountOf(name)?.namespace;
  const implied =
    namespace && groups.length === 0 ? ["system:serviceaccounts", `system:serviceaccounts:${namespace}`] : [];
  const status = name === "system:anonymous" ? "system:unauthenticated" : "system:authenticated";
  return {
    name,
    ...(uid === "" ? {} : { uid }),
    groups: [...new Set([...groups, ...implied, status])],
    ...(Object.keys(extra).length > 0 ? { extra } : {}),
  };
}

function extraOf({ request }: Exchange): Record<string, string[]> {
  const entries = Object.entries(request.headersDistinct).filter(([name]) => name.startsWith(extraPrefix));
  return Object.fromEntries(
    entries.map(([name, values]) => [decodeURIComponent(name.slice(extraPrefix.length)), values ?? []]),
  );
}

/** The user as Go prints its structure, which is how the real server tells of it. */
function goText({ name, uid, groups, extra }: Wanted): string {
  const list = (items: readonly string[]) => `[]string{${items.map((item) => JSON.stringify(item)).join(", ")}}`;
  const pairs = Object.entries(extra).map(([key, values]) => `${JSON.stringify(key)}:${list(values)}`);
  const shownGroups = groups.length === 0 ? "[]string(nil)" : list(groups);
  const shownExtra = pairs.length === 0 ? "map[string][]string(nil)" : `map[string][]string{${pairs.join(", ")}}`;
  return `&user.DefaultInfo{Name:${JSON.stringify(name)}, UID:${JSON.stringify(uid)}, Groups:${shownGroups}, Extra:${shownExtra}}`;
}
