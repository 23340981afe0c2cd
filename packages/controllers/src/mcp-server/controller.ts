import type { KubeObject, ResourceType } from "@moorage/kube-types";
import { Deployment, StatefulSet } from "@moorage/kube-types/apps-v1";
import { HorizontalPodAutoscaler } from "@moorage/kube-types/autoscaling-v2";
import { ConfigMap, Pod, Secret, Service, ServiceAccount } from "@moorage/kube-types/core-v1";
import { EndpointSlice } from "@moorage/kube-types/discovery-v1";
import { Event } from "@moorage/kube-types/events-v1";
import { Ingress, NetworkPolicy } from "@moorage/kube-types/networking-v1";
import { type ClusterView, type Controller, index, teardown, watch } from "@moorage/operator-runtime";
import { type DefinedResource, type MCPServer, ToolConfig } from "@moorage/resources";
import type { Images } from "../pods/images.ts";
import { servesLabel } from "../pods/labels.ts";
import { type Addressing, externalUrlOf, urlOf } from "./address.ts";
import { childrenOf } from "./children/children.ts";
import { HTTPRoute } from "./children/exposure.ts";
import { eventsOf } from "./events.ts";
import { serverMetrics } from "./metrics.ts";
import { type Model, modelOf } from "./model.ts";
import { proxyName, runConfigMapName, type Serves, selectorLabels } from "./names.ts";
import { askProxies, askServer } from "./observation/answer.ts";
import { configurationState } from "./observation/configuration.ts";
import { nextLookMs } from "./observation/next-look.ts";
import type { Observation } from "./observation/readiness.ts";
import { childReads, endpointReads, podReads, unreadKinds } from "./observation/reads.ts";
import { sleepOf } from "./observation/sleep.ts";
import { statusOf } from "./observation/status.ts";
import { ClusterKeySource } from "./references/cluster-keys.ts";
import { referenceKey, referenceKeysOf } from "./references/references.ts";
import { type References, resolveReferences } from "./references/resolve.ts";

export interface MCPServerOptions {
  /** The controller's name: a DNS label. */
  name: string;
  images: Images;
  addressing: Addressing;
}

/** All that belongs to a server, whatever its spec asks for. */
const childKinds: readonly ResourceType[] = [
  ...[NetworkPolicy, ConfigMap, Secret, ServiceAccount, StatefulSet, Deployment],
  ...[HorizontalPodAutoscaler, Service, Ingress, HTTPRoute],
];

/**
 * Keeps an MCP server running for every MCPServer of one group, and the proxy in front of it.
 *
 * Reads the MCPServer, the ToolConfig, Secrets and ConfigMaps that it names, and its pods. Owns all that `owns` lists.
 * Ready means that a real MCP handshake succeeded.
 */
export function mcpServerController(
  type: DefinedResource<MCPServer["spec"], NonNullable<MCPServer["status"]>>,
  options: MCPServerOptions,
): Controller<MCPServer> {
  const keys = new ClusterKeySource();
  // The kind's controllers share what is cached, and so the names of its indexes.
  const workloads = `workload (${options.name})`;
  const referring = (referred: ResourceType) => serversReferring(type, referred);
  return {
    name: options.name,
    for: type,
    owns: childKinds,
    optional: [HTTPRoute],
    metadataOnly: unreadKinds,
    childReads: childReads(options.addressing),
    watches: [
      watch(ToolConfig, referring(ToolConfig)),
      watch(Secret, referring(Secret)),
      watch(ConfigMap, referring(ConfigMap)),
      watch(Pod, serverOf, { labelSelector: servesLabel, reads: podReads }),
      watch(EndpointSlice, serverOf, { labelSelector: servesLabel, reads: endpointReads }),
      // A StatefulSet tells only so why its pods cannot be created.
      watch(Event, ({ regarding }) => serverOfWorkload(regarding), { fieldSelector: "reason=FailedCreate" }),
    ],
    // A reconcile mostly waits: for the API server, or for a proxy.
    concurrency: 32,
    indexes: [index(type, referenceIndex, referenceKeysOf), index(Event, workloads, workloadNamesOf)],
    metrics: serverMetrics(type),
    blockedStatus: () => ({ phase: "Pending" }),
    deletingStatus: () => ({ phase: "Terminating" }),
    // What runs without a proxy holds no sessions of ours, and goes as well without an operator.
    needsFinalizer: (server) => modelOf(server).proxied,
    // Nobody is led to a server that is going; nothing runs without its configuration.
    finalize: (server, cluster) =>
      teardown(server, cluster, [[HTTPRoute, Ingress, Service], [Deployment], [StatefulSet]]),

    async reconcile(server, cluster) {
      const model = modelOf(server);
      const references = await resolveReferences(server, cluster, keys);
      const seen = await observe(model, cluster, workloads);
      const sleep = sleepOf(server, seen);
      const children = keepsLastGood(server, references)
        ? undefined
        : childrenOf(server, model, {
            policy: references.policy,
            images: options.images,
            asleep: sleep.asleep,
            now: cluster.now(),
            existing: { servers: seen.workload, secret: cluster.find(Secret, keyOf(model, proxyName(model.name))) },
          });
      const runConfig = runConfigOf(model, children, cluster);
      const observation: Observation = {
        ...seen,
        server,
        model,
        references,
        asleep: sleep.asleep,
        configuration: configurationState(runConfig, seen.proxies),
        unserved: server.spec.exposure?.httpRoute && !cluster.serves(HTTPRoute) ? HTTPRoute : undefined,
      };
      const { status, conditions } = statusOf(observation, {
        // Known before the Service is there: one status write less for each server.
        url: urlOf(server, model, seen.service ?? clientServiceOf(model, children), options.addressing),
        externalURL: externalUrlOf(server, model),
      });
      const requeueAfterMs = nextLookMs(observation, { ...status, sleep });
      return {
        ...(children && { children }),
        status,
        conditions,
        events: eventsOf(conditions),
        ...(requeueAfterMs !== undefined && { requeueAfterMs }),
      };
    },
  };
}

/** Finds servers by what they refer to: each of their own ConfigMaps and Secrets would else cost a look at all of them. */
const referenceIndex = "references";

/** The servers that an object of a kind concerns because they refer to it. */
function serversReferring(type: ResourceType<MCPServer>, referred: ResourceType) {
  return ({ metadata }: KubeObject, cluster: ClusterView) =>
    cluster
      .list(type, {
        namespace: metadata.namespace,
        index: { name: referenceIndex, value: referenceKey(referred, metadata.name) },
      })
      .map((server) => server.metadata);
}

/** Conditions of what only the server's own process reads: a first pod may well be created before, and waits for it. */
const inputs = new Set(["SecretResolved", "ConfigMapResolved"]);

/**
 * Whether children stay as they are because something that the spec refers to is missing or wrong: a server that has
 * been running goes on as it was, and none starts without what protects it or makes its pods.
 */
function keepsLastGood(server: MCPServer, { broken }: References): boolean {
  return broken !== undefined && (!inputs.has(broken.type) || server.status?.phase === "Running");
}

/** Of what Kubernetes makes of our workloads and Services, with labels of theirs. */
function serverOf({ metadata }: Pod | EndpointSlice): { namespace?: string; name: string }[] {
  const name = metadata.labels?.["app.kubernetes.io/instance"];
  return name ? [{ namespace: metadata.namespace, name }] : [];
}

/** For an index of Events by the name of what they are about. */
const workloadNamesOf = ({ regarding }: Event): string[] => (regarding?.name ? [regarding.name] : []);

/** Our workloads have their server's name. */
function serverOfWorkload(regarding: Event["regarding"]): { namespace?: string; name: string }[] {
  const { kind, namespace, name } = regarding ?? {};
  return kind === StatefulSet.kind && name ? [{ ...(namespace && { namespace }), name }] : [];
}

const keyOf = ({ namespace }: Model, name: string) => ({ namespace, name });

/** Everything there is of the server in the cluster, and what it or its proxies answer. `workloads` is an index. */
async function observe(model: Model, cluster: ClusterView, workloads: string) {
  const { name, namespace, proxied } = model;
  const podsThatServe = (serves: Serves) =>
    cluster.list(Pod, { namespace, labels: { matchLabels: selectorLabels(name, serves) } });
  const deployment = cluster.find(Deployment, keyOf(model, name));
  const service = cluster.find(Service, keyOf(model, name));
  const clientPods = podsThatServe("clients");
  const creationFailures = cluster.list(Event, { namespace, index: { name: workloads, value: name } });
  const endpoints = cluster.list(EndpointSlice, {
    namespace,
    labels: { matchLabels: { "kubernetes.io/service-name": name } },
  });
  const seen = { service, endpoints, creationFailures, now: cluster.now() };
  if (!proxied) {
    // Not asked before a pod could answer: the time-out would hold up the reconcile.
    const available = (deployment?.status?.availableReplicas ?? 0) > 0;
    const answer = await askServer(model, available ? service : undefined, cluster.signal);
    return { ...seen, workload: deployment, serverPods: clientPods, proxyPods: [], answer, proxies: [] };
  }
  const { answer, statuses } = await askProxies(clientPods, cluster.signal);
  return {
    ...seen,
    workload: cluster.find(StatefulSet, keyOf(model, name)),
    serverPods: podsThatServe("proxy"),
    proxy: deployment,
    proxyPods: clientPods,
    answer,
    proxies: statuses,
  };
}

/** The Service that this pass makes. */
function clientServiceOf({ name }: Model, children: readonly KubeObject[] | undefined): Service | undefined {
  return children?.find((child): child is Service => child.kind === Service.kind && child.metadata.name === name);
}

/** The RunConfig that the proxies should work by: the new one, or the last good one. */
function runConfigOf(
  model: Model,
  children: readonly KubeObject[] | undefined,
  cluster: ClusterView,
): ConfigMap | undefined {
  const name = runConfigMapName(model.name);
  const wanted = children?.find(
    (child): child is ConfigMap => child.kind === ConfigMap.kind && child.metadata.name === name,
  );
  return wanted ?? cluster.find(ConfigMap, keyOf(model, name));
}
