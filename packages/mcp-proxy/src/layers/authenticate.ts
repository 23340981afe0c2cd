import { metadataURL } from "../auth/resource-metadata.ts";
import type { TokenExchanger } from "../auth/token-exchange.ts";
import type { TokenVerifier } from "../auth/token-verifier.ts";
import type { Call, Layer } from "../call.ts";
import { ProxyError } from "../proxy-error.ts";
import type { RunConfig } from "../run-config/schema.ts";
import { toolOf } from "./record-calls.ts";

export interface Authentication {
  readonly verifier: TokenVerifier | undefined;
  readonly exchanger: TokenExchanger | undefined;
}

/**
 * Lets only those pass who bring a valid token for this server, and says how to get one. MCP's resource-server half of
 * OAuth 2.1: https://modelcontextprotocol.io/specification/2025-11-25/basic/authorization
 */
export function authenticate(config: RunConfig, { verifier, exchanger }: Authentication): Layer {
  const { oidc } = config;
  if (!oidc || !verifier) return (next) => next;
  const { requiredScopes = [], toolScopes = {} } = oidc;
  return (next) => async (call) => {
    const token = bearerToken(call, config);
    const verdict = await verifier.verify(token);
    if (!verdict.ok)
      throw unauthenticated(call, config, { error: "invalid_token", why: `The token is not accepted: ${verdict.why}` });
    call.principal = verdict.principal;
    exchanger?.see(verdict.principal, token);
    const needed = [...requiredScopes, ...(toolScopes[toolOf(call) ?? ""] ?? [])];
    if (needed.every((scope) => verdict.principal.scopes.includes(scope))) return next(call);
    throw insufficientScope(call, config, needed);
  };
}

function bearerToken(call: Call, config: RunConfig): string {
  if (/[?&]access_token=/.test(call.url)) {
    throw new ProxyError(
      "InvalidRequest",
      "A token in the URL is not accepted: URLs end up in logs; send the Authorization header",
    );
  }
  const token = /^Bearer +([\w.~+/-]+=*)$/i.exec(call.headers.authorization ?? "")?.[1];
  if (token === undefined)
    throw unauthenticated(call, config, { why: "A bearer token is needed in the Authorization header" });
  return token;
}

function unauthenticated(call: Call, config: RunConfig, { error, why }: { error?: string; why: string }): ProxyError {
  const { requiredScopes = [] } = config.oidc ?? {};
  const parts = {
    ...(error && { error, error_description: why }),
    ...(requiredScopes.length > 0 && { scope: requiredScopes.join(" ") }),
    resource_metadata: metadataURL(config, call.headers),
  };
  return new ProxyError("Unauthenticated", why, { headers: { "www-authenticate": challenge(parts) } });
}

/** One challenge names all scopes that are needed, so that the client asks once. */
function insufficientScope(call: Call, config: RunConfig, needed: readonly string[]): ProxyError {
  const scope = [...new Set(needed)].join(" ");
  const parts = { error: "insufficient_scope", scope, resource_metadata: metadataURL(config, call.headers) };
  return new ProxyError("Denied", `The token lacks a scope: ${scope} are needed`, {
    headers: { "www-authenticate": challenge(parts) },
  });
}

function challenge(parts: Readonly<Record<string, string>>): string {
  const quoted = Object.entries(parts).map(
    ([name, value]) => `${name}="${value.replaceAll(/["\\]|[^\x20-\x7e]/g, "'")}"`,
  );
  return `Bearer ${quoted.join(", ")}`;
}
