import { apiVersionOf } from "@moorage/kube-types";
import { ConfigMap } from "@moorage/kube-types/core-v1";
import type { RunConfig } from "@moorage/mcp-proxy";
import type { ToolConfig } from "@moorage/resources";
import type { Model } from "./model.ts";
import { childLabels, headlessServiceName, proxyPort, proxyProbePort, runConfigMapName } from "./names.ts";

/** The key of the ConfigMap, and the file name that the proxy reads. */
export const runConfigKey = "runconfig.json";

/** What the proxy of a server does. Everything in it reaches running proxies without a restart. */
export function runConfigFor(model: Model, toolConfig: ToolConfig | undefined): RunConfig {
  const { name, namespace, transport, serverPort, path } = model;
  const host = `${headlessServiceName(name)}.${namespace}.svc.cluster.local`;
  return {
    name: `${namespace}/${name}`,
    listen: { port: proxyPort },
    probes: { port: proxyProbePort },
    upstream:
      transport === "stdio" ? { transport, host, port: serverPort } : { transport, host, port: serverPort, path },
    ...(toolConfig && { tools: toolsOf(toolConfig) }),
  };
}

function toolsOf({ spec }: ToolConfig): NonNullable<RunConfig["tools"]> {
  const { filter = [], override } = spec;
  // A ToolConfig without a filter shows every tool (S2-053); to the proxy an empty list means none.
  return { ...(filter.length > 0 && { filter }), ...(override && { override }) };
}

export function runConfigMap({ name, namespace }: Model, runConfig: RunConfig): ConfigMap {
  return {
    apiVersion: apiVersionOf(ConfigMap),
    kind: ConfigMap.kind,
    metadata: { name: runConfigMapName(name), namespace, labels: childLabels(name) },
    data: { [runConfigKey]: `${JSON.stringify(runConfig, undefined, 2)}\n` },
  };
}
