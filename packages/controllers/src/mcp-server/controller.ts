import type { KubeObject, ResourceType } from "@moorage/kube-types";
import { Deployment, StatefulSet } from "@moorage/kube-types/apps-v1";
import { ConfigMap, Pod, Secret, Service } from "@moorage/kube-types/core-v1";
import { type ClusterView, type Controller, watch } from "@moorage/operator-runtime";
import { type DefinedResource, type MCPServer, ToolConfig } from "@moorage/resources";
import type { Images } from "../pods/images.ts";
import { type Addressing, urlOf } from "./address.ts";
import { askProxy, askServer } from "./answer.ts";
import { childrenOf } from "./children.ts";
import { eventsOf } from "./events.ts";
import { type Model, modelOf } from "./model.ts";
import { type Serves, selectorLabels } from "./names.ts";
import type { Observation } from "./readiness.ts";
import { type References, refersTo, resolveReferences } from "./references.ts";
import { statusOf } from "./status.ts";
import { unenforcedFields } from "./unenforced.ts";

export interface MCPServerOptions {
  /** The controller's name: a DNS label. */
  name: string;
  images: Images;
  addressing: Addressing;
}

/** A server that is not ready is looked at this often: what it waits for (a handshake) is no object to watch. */
const retryMs = 1_000;

/**
 * Keeps an MCP server running for every MCPServer of one group, and the proxy in front of it.
 *
 * Reads the MCPServer and the ToolConfig, Secrets and ConfigMaps that it names. Owns Deployment, StatefulSet,
 * Services and the RunConfig's ConfigMap. Ready means that a real MCP handshake succeeded.
 */
export function mcpServerController(
  type: DefinedResource<MCPServer["spec"], NonNullable<MCPServer["status"]>>,
  options: MCPServerOptions,
): Controller<MCPServer> {
  const referring = (referred: ResourceType) => (object: KubeObject, cluster: ClusterView) =>
    cluster
      .list(type, { namespace: object.metadata.namespace })
      .filter((server) => refersTo(server, referred, object.metadata.name))
      .map(({ metadata }) => metadata);

  return {
    name: options.name,
    for: type,
    owns: [Deployment, StatefulSet, Service, ConfigMap],
    watches: [
      watch(ToolConfig, referring(ToolConfig)),
      watch(Secret, referring(Secret)),
      watch(ConfigMap, referring(ConfigMap)),
      watch(Pod, serverOfPod),
    ],
    blockedStatus: () => ({ phase: "Pending" }),
    deletingStatus: () => ({ phase: "Terminating" }),

    async reconcile(server, cluster) {
      const model = modelOf(server);
      const references = resolveReferences(server, cluster);
      const observation = await observe(server, model, references, cluster);
      const { status, conditions } = statusOf(observation, urlOf(model, observation.service, options.addressing));
      return {
        ...(!keepsLastGood(server, references) && {
          children: childrenOf(server, model, references.toolConfig, options.images),
        }),
        status,
        conditions,
        events: eventsOf(conditions),
        ...(status.phase === "Pending" && { requeueAfterMs: retryMs }),
      };
    },
  };
}

/** Without these there are no children to speak of: tools would be shown that are to be hidden, or no pod could be made. */
const needed = new Set(["ToolConfigResolved", "PodTemplateValid"]);

/**
 * Whether children stay as they are because something that the spec refers to is missing: a server that has been
 * running goes on as it was, and none starts without its ToolConfig, which keeps tools from clients. A first pod may
 * well be created before its Secret: it waits for it.
 */
function keepsLastGood(server: MCPServer, { broken }: References): boolean {
  return broken !== undefined && (needed.has(broken.type) || server.status?.phase === "Running");
}

function serverOfPod({ metadata }: Pod): { namespace?: string; name: string }[] {
  const name = metadata.labels?.["app.kubernetes.io/instance"];
  return name && metadata.labels?.["mcp.moorage.dev/serves"] ? [{ namespace: metadata.namespace, name }] : [];
}

async function observe(
  server: MCPServer,
  model: Model,
  references: References,
  cluster: ClusterView,
): Promise<Observation> {
  const { name, namespace } = model;
  const podsThatServe = (serves: Serves) =>
    cluster.list(Pod, { namespace, labels: { matchLabels: selectorLabels(name, serves) } });
  const deployment = cluster.find(Deployment, { namespace, name });
  const service = cluster.find(Service, { namespace, name });
  const clientPods = podsThatServe("clients");
  const seen = { server, model, references, unenforced: unenforcedFields(server.spec), service };
  if (!model.proxied) {
    const answer = await askServer(model, service, cluster.signal);
    return { ...seen, workload: deployment, serverPods: clientPods, proxyPods: [], answer };
  }
  const workload = cluster.find(StatefulSet, { namespace, name });
  const answer = await askProxy(clientPods, cluster.signal);
  return { ...seen, workload, serverPods: podsThatServe("proxy"), proxy: deployment, proxyPods: clientPods, answer };
}
