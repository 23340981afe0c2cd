import type { AccessRequest } from "../rbac/policy.ts";
import { ApiError } from "../status/api-error.ts";
import type { ApiServerParts } from "./api-server.ts";
import type { Exchange } from "./exchange.ts";
import { impersonate } from "./impersonation.ts";

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
  impersonate(parts, exchange);
}

/** Refuses what the caller may not do. @throws ApiError Forbidden */
export function authorize({ authorizer }: ApiServerParts, exchange: Exchange): void {
  const { resource, path, method } = exchange.info;
  const { caller } = exchange;
  const request: AccessRequest = resource
    ? {
        caller,
        verb: resource.verb,
        resource: {
          group: resource.group,
          resource: resource.resource,
          subresource: resource.subresource,
          namespace: resource.resource === "namespaces" ? resource.name : (resource.namespace ?? ""),
          name: resource.name,
        },
      }
    : { caller, verb: method, path };
  authorizer.check(request);
}
