import type { Caller } from "../registry/strategy.ts";
import { badRequest } from "../status/api-error.ts";
import type { ApiServerParts } from "./api-server.ts";
import type { Exchange } from "./exchange.ts";

const extraPrefix = "impersonate-extra-";

/** Replaces the caller where it may act as the one that the request's headers name. Source: "User impersonation". */
export function impersonate({ authorizer }: ApiServerParts, exchange: Exchange): void {
  const name = exchange.header("impersonate-user");
  const groups = valuesOf(exchange, "impersonate-group");
  const uid = exchange.header("impersonate-uid");
  if (name === "") {
    if (groups.length > 0 || uid !== "") throw badRequest("requested groups or uid without impersonating a user");
    return;
  }
  const { caller } = exchange;
  const check = (resource: string, subject: string, group = "") =>
    authorizer.check({
      caller,
      verb: "impersonate",
      resource: { group, resource, subresource: "", namespace: "", name: subject },
    });
  const account = /^system:serviceaccount:([^:]+):([^:]+)$/.exec(name);
  check(account ? "serviceaccounts" : "users", account?.[2] ?? name);
  for (const group of groups) check("groups", group);
  if (uid !== "") check("uids", uid, "authentication.k8s.io");
  exchange.caller = impersonated({ name, uid, groups, extra: extraOf(exchange) });
}

function impersonated({
  name,
  uid,
  groups,
  extra,
}: {
  name: string;
  uid: string;
  groups: string[];
  extra: Record<string, string[]>;
}): Caller {
  const namespace = /^system:serviceaccount:([^:]+):/.exec(name)?.[1];
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

function valuesOf({ request }: Exchange, header: string): string[] {
  return request.headersDistinct[header] ?? [];
}

function extraOf({ request }: Exchange): Record<string, string[]> {
  const entries = Object.entries(request.headersDistinct).filter(([name]) => name.startsWith(extraPrefix));
  return Object.fromEntries(
    entries.map(([name, values]) => [decodeURIComponent(name.slice(extraPrefix.length)), values ?? []]),
  );
}
