import type { IncomingHttpHeaders } from "node:http";
import type { RunConfig } from "../run-config/schema.ts";

/** Path of the metadata for a resource at `/mcp`; clients also try it without the resource's path. */
export const metadataPath = "/.well-known/oauth-protected-resource";

/**
 * The URL that clients call the resource by. Behind a proxy that ends TLS only the configuration knows it:
 * `externalURL`; without one, the Host header and our own scheme are all there is.
 */
function resourceURL(config: RunConfig, headers: IncomingHttpHeaders): string {
  const scheme = config.listen.tls ? "https" : "http";
  return (config.externalURL ?? `${scheme}://${headers.host ?? "localhost"}/mcp`).replace(/\/$/, "");
}

/** Where a client that was refused finds out which provider to ask. */
export function metadataURL(config: RunConfig, headers: IncomingHttpHeaders): string {
  const { origin, pathname } = new URL(resourceURL(config, headers));
  return `${origin}${metadataPath}${pathname === "/" ? "" : pathname}`;
}

/** OAuth 2.0 Protected Resource Metadata (RFC 9728). */
export function resourceMetadata(config: RunConfig, headers: IncomingHttpHeaders): Record<string, unknown> | undefined {
  if (!config.oidc) return undefined;
  const { issuer, requiredScopes = [], toolScopes = {} } = config.oidc;
  const scopes = [...new Set([...requiredScopes, ...Object.values(toolScopes).flat()])];
  return {
    resource: resourceURL(config, headers),
    resource_name: config.name,
    authorization_servers: [issuer],
    bearer_methods_supported: ["header"],
    ...(scopes.length > 0 && { scopes_supported: scopes }),
  };
}
