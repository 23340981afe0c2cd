import type { IncomingHttpHeaders } from "node:http";
import { ProxyError } from "../proxy-error.ts";

const loopbackNames = new Set(["localhost", "127.0.0.1", "[::1]", "::1"]);

export interface OriginRules {
  /** Values of `Origin` to accept besides loopback ones; "*" accepts all. */
  readonly allowedOrigins: readonly string[];
  /** Host names to accept; undefined accepts all. */
  readonly allowedHosts: readonly string[] | undefined;
}

/**
 * Keeps web pages away from a server that they could reach through the user's browser (DNS rebinding): a request with
 * a foreign `Origin`, or one for a host name that is not ours, is refused with 403.
 * https://modelcontextprotocol.io/specification/2025-11-25/basic/transports#security-warning
 */
export function checkOrigin(headers: IncomingHttpHeaders, rules: OriginRules): void {
  const { origin, host } = headers;
  if (origin !== undefined && !isAllowedOrigin(origin, rules.allowedOrigins)) {
    throw new ProxyError(
      "OriginForbidden",
      `The origin ${JSON.stringify(origin)} is not allowed: add it to allowedOrigins`,
    );
  }
  if (rules.allowedHosts && !isAllowedHost(host, rules.allowedHosts)) {
    throw new ProxyError(
      "HostForbidden",
      `The host ${JSON.stringify(host ?? "")} is not allowed: add it to allowedHosts`,
    );
  }
}

/** Whether an address can only be reached from this machine. */
export function isLoopback(host: string): boolean {
  return loopbackNames.has(host.toLowerCase()) || /^127(?:\.\d{1,3}){3}$/.test(host);
}

function isAllowedOrigin(origin: string, allowed: readonly string[]): boolean {
  if (allowed.includes("*") || allowed.some((known) => known.toLowerCase() === origin.toLowerCase())) return true;
  return URL.canParse(origin) && isLoopback(new URL(origin).hostname);
}

function isAllowedHost(host: string | undefined, allowed: readonly string[]): boolean {
  const url = `http://${host ?? ""}`;
  if (!host || !URL.canParse(url)) return false;
  const { hostname } = new URL(url);
  return isLoopback(hostname) || allowed.some((known) => known.toLowerCase() === hostname.toLowerCase());
}
