import { apiVersionOf } from "@moorage/kube-types";
import { type MCPServer, proxyFields, StacklokMCPServer } from "@moorage/resources";
import { type Source, sourceOf } from "../pods/source.ts";

/** What every builder needs to know of an MCPServer, with defaults resolved and both API groups alike. */
export interface Model {
  name: string;
  namespace: string;
  source: Source;
  transport: MCPServer["spec"]["transport"];
  /** Whether clients reach the server through the proxy. */
  proxied: boolean;
  /** The port of the Service that clients use. */
  servicePort: number;
  /** The port that the server's container listens on. */
  serverPort: number;
  /** The path of the server's MCP endpoint. */
  path: string;
}

export function modelOf(server: MCPServer): Model {
  const { spec, metadata } = server;
  return {
    name: metadata.name,
    namespace: metadata.namespace ?? "default",
    source: sourceOf(spec.image),
    transport: spec.transport,
    proxied: isProxied(server),
    servicePort: spec.port,
    serverPort: spec.targetPort ?? spec.port,
    path: spec.path ?? (spec.transport === "sse" ? "/sse" : "/mcp"),
  };
}

/** `docs/adr/0002`: stacklok servers are proxied unless told otherwise; others when something needs the proxy. */
function isProxied({ apiVersion, spec }: MCPServer): boolean {
  const asked = spec.proxy?.enabled;
  if (asked !== undefined) return asked;
  if (apiVersion === apiVersionOf(StacklokMCPServer)) return true;
  return spec.transport === "stdio" || proxyFields.some((field) => spec[field] !== undefined);
}
