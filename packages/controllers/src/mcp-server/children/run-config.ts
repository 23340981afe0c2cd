import { apiVersionOf } from "@moorage/kube-types";
import { ConfigMap } from "@moorage/kube-types/core-v1";
import type { RunConfig } from "@moorage/mcp-proxy";
import type { MCPServer, ToolConfig } from "@moorage/resources";
import { externalUrlOf, resourceNameOf } from "../address.ts";
import type { Model } from "../model.ts";
import { childLabels, headlessServiceName, proxyPort, proxyProbePort, runConfigMapName } from "../names.ts";
import type { Policy } from "../references/policy.ts";
import { sessionKeysFile } from "./proxy-secret.ts";

/** The key of the ConfigMap, and the file name that the proxy reads. */
export const runConfigKey = "runconfig.json";

/** Until everyone knows that a proxy goes, calls still come to it: kube-proxy needs a moment, more on a busy node. */
const lingerSeconds = 5;

/** What the proxy of a server does. Everything in it reaches running proxies without a restart. */
export function runConfigFor(server: MCPServer, model: Model, policy: Policy): RunConfig {
  const { spec } = server;
  return {
    name: `${model.namespace}/${model.name}`,
    listen: { port: proxyPort, ...(spec.tls && { tls: { certFile: "tls.crt", keyFile: "tls.key" } }) },
    probes: { port: proxyProbePort },
    upstream: upstreamOf(server, model),
    sessions: sessionsOf(spec),
    ...(policy.toolConfig && { tools: toolsOf(policy.toolConfig) }),
    ...(policy.oidc && { oidc: policy.oidc, externalURL: oauthResourceOf(server, model) }),
    ...(policy.authz && { authz: policy.authz }),
    ...(spec.audit?.enabled && { audit: { includeArguments: spec.audit.includeArguments } }),
    ...(spec.telemetry && { telemetry: telemetryOf(spec.telemetry, policy) }),
    ...(spec.rateLimits && { rateLimits: spec.rateLimits }),
    limits: { ...spec.proxy?.limits, lingerSeconds },
    ...(spec.proxy?.allowedOrigins && { allowedOrigins: spec.proxy.allowedOrigins }),
  };
}

function upstreamOf(
  { spec }: MCPServer,
  { name, namespace, transport, serverPort, path }: Model,
): RunConfig["upstream"] {
  const host = `${headlessServiceName(name)}.${namespace}.svc.cluster.local`;
  const pods = { host, port: serverPort, ...(spec.scaleToZero && { holdSeconds: spec.scaleToZero.holdSeconds }) };
  return transport === "stdio" ? { transport, ...pods } : { transport, ...pods, path };
}

function sessionsOf({ sessions }: MCPServer["spec"]): NonNullable<RunConfig["sessions"]> {
  return { ...sessions, keyFile: sessionKeysFile };
}

function toolsOf({ spec }: ToolConfig): NonNullable<RunConfig["tools"]> {
  const { filter = [], override } = spec;
  // A ToolConfig without a filter shows every tool (S2-053); to the proxy an empty list means none.
  return { ...(filter.length > 0 && { filter }), ...(override && { override }) };
}

/** What clients type, and so what OAuth metadata must name. */
function oauthResourceOf(server: MCPServer, model: Model): string {
  return server.spec.oidcConfig?.resourceUrl ?? externalUrlOf(server, model) ?? resourceNameOf(server, model);
}

function telemetryOf(
  { otlpEndpoint, samplingPercent }: NonNullable<MCPServer["spec"]["telemetry"]>,
  { telemetryHeaders }: Policy,
): NonNullable<RunConfig["telemetry"]> {
  return {
    otlpEndpoint,
    samplingRatio: samplingPercent / 100,
    ...(telemetryHeaders && { headersFrom: telemetryHeaders }),
  };
}

export function runConfigMap({ name, namespace }: Model, runConfig: RunConfig): ConfigMap {
  return {
    apiVersion: apiVersionOf(ConfigMap),
    kind: ConfigMap.kind,
    metadata: { name: runConfigMapName(name), namespace, labels: childLabels(name) },
    data: { [runConfigKey]: `${JSON.stringify(runConfig, undefined, 2)}\n` },
  };
}
