import { groupResourceOf, type KubeObject } from "@moorage/kube-types";
import { type ClusterView, type Index, index, type Watch, watch } from "@moorage/operator-runtime";
import { type MCPServer, McpDevMCPServer, StacklokMCPServer, type ToolConfig } from "@moorage/resources";

const kinds = [McpDevMCPServer, StacklokMCPServer];
const indexName = "referred-tool-config";

/** Looks servers up by the ToolConfig that they name. */
export const referringServersIndexes: readonly Index[] = kinds.map((type) =>
  index(type, indexName, (server) => namesOf(server)),
);

/** A server concerns the ToolConfig that it names, and the one that it named before. */
export const referringServersWatches: readonly Watch[] = kinds.map((type) =>
  watch(type, (server) => namesOf(server).map((name) => ({ namespace: server.metadata.namespace, name }))),
);

/** The MCPServers of either group that refer to the ToolConfig, as `kubectl get` takes them: `mcpservers.GROUP/NAME`. */
export function referringServersOf(
  { metadata }: KubeObject & Pick<ToolConfig, "spec">,
  cluster: ClusterView,
): string[] {
  const query = { namespace: metadata.namespace, index: { name: indexName, value: metadata.name } };
  return kinds
    .flatMap((type) => cluster.list(type, query).map((server) => `${groupResourceOf(type)}/${server.metadata.name}`))
    .toSorted();
}

function namesOf({ spec }: MCPServer): string[] {
  return spec.toolConfigRef ? [spec.toolConfigRef.name] : [];
}
