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

/** By its list of names, the host that was let pass last: a client sends the same one with every request. */
const lastAllowed = new WeakMap<readonly string[], string>();

function isAllowedHost(host: string | undefined, allowed: readonly string[]): boolean {
  if (!host) return false;
  if (lastAllowed.get(allowed) === host) return true;
  const hostname = URL.parse(`http://${host}`)?.hostname;
  if (hostname === undefined) return false;
  const isAllowed = isLoopback(hostname) || allowed.some((known) => known.toLowerCase() === hostname.toLowerCase());
  if (isAllowed) lastAllowed.set(allowed, host);
  return isAllowed;
}
