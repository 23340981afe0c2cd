import { type ClusterView, type Controller, desired } from "@moorage/operator-runtime";
import { ToolConfig } from "@moorage/resources";
import { referringServersIndexes, referringServersOf, referringServersWatches } from "./referring-servers.ts";
import { deletionBlockedOf, type Observation, statusOf } from "./status.ts";

/**
 * Says of every ToolConfig whether MCPServers can use it and which do, and keeps it while one does.
 *
 * Reads the MCPServers of both groups. Owns nothing: what a ToolConfig says reaches proxies through the MCPServers.
 * The finalizer is there only while a server refers to the ToolConfig, so that one that nobody uses can always go.
 */
export const toolConfigController: Controller<ToolConfig> = {
  name: "tool-config",
  for: ToolConfig,
  owns: [],
  watches: referringServersWatches,
  indexes: referringServersIndexes,

  reconcile: (toolConfig, cluster) => desired([], statusOf(observe(toolConfig, cluster))),

  needsFinalizer: (toolConfig, cluster) => referringServersOf(toolConfig, cluster).length > 0,

  finalize(toolConfig, cluster) {
    const observation = observe(toolConfig, cluster);
    return observation.servers.length > 0 ? desired([], deletionBlockedOf(observation)) : undefined;
  },
};

function observe(toolConfig: ToolConfig, cluster: ClusterView): Observation {
  return { toolConfig, servers: referringServersOf(toolConfig, cluster) };
}
