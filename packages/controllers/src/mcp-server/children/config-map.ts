import { createHash } from "node:crypto";
import { apiVersionOf } from "@moorage/kube-types";
import { ConfigMap } from "@moorage/kube-types/core-v1";
import type { MCPServer } from "@moorage/resources";
import type { Model } from "../model.ts";
import { childLabels, configMapName } from "../names.ts";

/** The file with `spec.config`, in the server's container and in the ConfigMap. */
export const configFile = "config.json";

/** What the server is configured with, for itself and for whoever looks. */
export function serverConfigMap({ spec }: MCPServer, { name, namespace, transport, serverPort }: Model): ConfigMap {
  return {
    apiVersion: apiVersionOf(ConfigMap),
    kind: ConfigMap.kind,
    metadata: { name: configMapName(name), namespace, labels: childLabels(name) },
    data: { transport, port: String(serverPort), [configFile]: `${JSON.stringify(spec.config ?? {}, undefined, 2)}\n` },
  };
}

/** Changes when the server has to start again to see its ConfigMap. */
export function configHash(configMap: ConfigMap): string {
  return createHash("sha256").update(JSON.stringify(configMap.data)).digest("hex").slice(0, 16);
}
