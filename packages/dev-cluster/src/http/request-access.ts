import type { AccessRequest } from "../rbac/policy.ts";
import { ApiError } from "../status/api-error.ts";
import type { ApiServerParts } from "./api-server.ts";
import type { Exchange } from "./exchange.ts";
import { impersonate } from "./impersonation.ts";
import type { ResourcePath } from "./request-info.ts";

const tokenProtocol = "base64url.bearer.authorization.k8s.io.";

/** The credentials of a request: the header, or for browsers' WebSockets, which can set none, a subprotocol. */
export function authorizationOf(exchange: Exchange): string {
  const header = exchange.header("authorization");
  if (header !== "") return header;
  const offered = exchange
    .header("sec-websocket-protocol")
    .split(",")
    .map((name) => name.trim());
  const token = offered.find((name) => name.startsWith(tokenProtocol))?.slice(tokenProtocol.length);
  return token === undefined ? "" : `Bearer ${Buffer.from(token, "base64url").toString("utf8")}`;
}

/** Sets the caller. @throws ApiError Unauthorized */
export function authenticate(parts: ApiServerParts, exchange: Exchange, authorization: string): void {
  const caller = parts.authenticator.authenticate(authorization);
  if (!caller) throw new ApiError(401, "Unauthorized", "Unauthorized");
  exchange.caller = caller;
  impersonate(parts, exchange, accessOf(exchange));
}

/** Refuses what the caller may not do. @throws ApiError Forbidden */
export function authorize({ authorizer }: ApiServerParts, exchange: Exchange): void {
  authorizer.check(accessOf(exchange));
}

/** A write to a name that is free creates: that is another right. @throws ApiError Forbidden */
export function authorizeCreation({ authorizer }: ApiServerParts, exchange: Exchange, path: ResourcePath): void {
  authorizer.check({ caller: exchange.caller, verb: "create", resource: attributesOf(path, path.name) });
}

/** What the request asks to be allowed. */
function accessOf({ info, caller }: Exchange): AccessRequest {
  const { resource, path, method, query } = info;
  if (!resource) return { caller, verb: method, path };
  // Who asks for one object by a selector asks for it by its name.
  const name = resource.name === "" ? selectedName(query) : resource.name;
  return { caller, verb: resource.verb, resource: attributesOf(resource, name) };
}

function attributesOf(path: ResourcePath, name: string): NonNullable<AccessRequest["resource"]> {
  const { group, resource, subresource, namespace = "" } = path;
  return { group, resource, subresource, namespace: resource === "namespaces" ? path.name : namespace, name };
}

/** The name that a field selector insists on. Source: `RequestInfoFactory`. */
function selectedName(query: URLSearchParams): string {
  const terms = (query.get("fieldSelector") ?? "").split(",");
  return terms.map((term) => /^metadata\.name==?([^=]*)$/.exec(term)?.[1]).find((name) => name) ?? "";
}
