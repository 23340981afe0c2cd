import type { ResourceType } from "@moorage/kube-types";
import type { Deployment, StatefulSet } from "@moorage/kube-types/apps-v1";
import type { Pod, Service } from "@moorage/kube-types/core-v1";
import type { EndpointSlice } from "@moorage/kube-types/discovery-v1";
import type { Event } from "@moorage/kube-types/events-v1";
import type { MCPServer } from "@moorage/resources";
import { findPodProblem } from "../../pods/pod-problems.ts";
import { isAutoscaled } from "../children/autoscaler.ts";
import type { Model } from "../model.ts";
import { serverContainer } from "../names.ts";
import type { References } from "../references/resolve.ts";
import type { Answer } from "./answer.ts";
import type { ConfigurationState } from "./configuration.ts";
import { findCreationFailure } from "./creation-failure.ts";

/** All that decides whether a server is ready, as seen in one reconcile. */
export interface Observation {
  server: MCPServer;
  model: Model;
  references: References;
  /** Whether the server's pods are stopped because nobody uses them. */
  asleep: boolean;
  /** What runs the server's pods. */
  workload?: StatefulSet | Deployment;
  serverPods: readonly Pod[];
  /** What runs the proxy's pods; absent without a proxy. */
  proxy?: Deployment;
  proxyPods: readonly Pod[];
  /** The Service that clients reach. */
  service?: Service;
  /** Its EndpointSlices. */
  endpoints: readonly EndpointSlice[];
  answer: Answer;
  now: Date;
  configuration: ConfigurationState;
  /** A kind that the spec needs and the cluster does not serve. */
  unserved: ResourceType | undefined;
  /** Why pods could not be created, of workloads of the server's name. */
  creationFailures: readonly Event[];
}

/** How many pods of the server there should be. */
export function wantedServers({ server, workload }: Pick<Observation, "server" | "workload">): number {
  return isAutoscaled(server, "servers") ? (workload?.spec.replicas ?? 1) : server.spec.replicas;
}

/** Why a server is not ready. `Failed` means that only a user can change it. */
export interface Verdict {
  phase: "Pending" | "Failed";
  reason: string;
  message: string;
}

type Check = (observation: Observation) => Verdict | undefined;

const pending = (reason: string, message: string): Verdict => ({ phase: "Pending", reason, message });
const failed = (reason: string, message: string): Verdict => ({ phase: "Failed", reason, message });

const stdioServerHasACommand: Check = ({ server, model }) => {
  if (model.transport !== "stdio" || model.source.kind !== "oci" || server.spec.command?.length) return undefined;
  return failed(
    "CommandMissing",
    `spec.command is empty, and an OCI image with transport stdio needs it: give the command that starts the server in "${model.source.image}"`,
  );
};

const referencesResolve: Check = ({ server, references: { broken } }) =>
  // A running server goes on serving the last good configuration; the condition Degraded tells of the reference.
  broken && server.status?.phase !== "Running" ? pending(broken.reason, broken.message) : undefined;

const serversAreWanted: Check = ({ server }) =>
  server.spec.replicas === 0 ? pending("ScaledToZero", "spec.replicas is 0: no server runs") : undefined;

/** Whether the servers' pods run, whatever else keeps clients out. */
export const serversAreAvailable: Check = (observation) => {
  const { server, workload, serverPods, asleep, creationFailures } = observation;
  const available = workload?.status?.availableReplicas ?? 0;
  const wanted = wantedServers(observation);
  // A server that has been running goes on counting as such while one of its pods is left.
  const enough = server.status?.phase === "Running" ? Math.min(1, wanted) : wanted;
  if (asleep || available >= enough) return undefined;
  const problem = findPodProblem(serverPods) ?? findCreationFailure(workload, creationFailures);
  if (problem) return failed(problem.reason, problem.message);
  return silentServer(observation) ?? pending("ServerStarting", `${available} of ${wanted} server pods are available`);
};

/** A server that runs for so long without answering its readiness probe listens elsewhere, or is stuck. */
const silentMs = 10_000;

const silentServer = ({ model, serverPods, now }: Observation): Verdict | undefined => {
  const silent = serverPods.some(({ status }) =>
    status?.containerStatuses?.some(({ name, ready, state }) => {
      const started = Date.parse(state?.running?.startedAt ?? "");
      return name === serverContainer && !ready && now.getTime() - started > silentMs;
    }),
  );
  if (!silent) return undefined;
  return pending(
    "ServerNotListening",
    `The server runs, but its readiness probe fails at port ${model.serverPort}: ` +
      `set spec.targetPort to the port that it listens on, or spec.probes to what it answers`,
  );
};

const proxyIsAvailable: Check = ({ model, proxy, proxyPods, answer, creationFailures }) => {
  if (!model.proxied || (proxy?.status?.availableReplicas ?? 0) > 0) return undefined;
  if (proxy?.spec.replicas === 0) return pending("ProxyScaledToZero", "spec.proxy.replicas is 0: no proxy runs");
  const problem = findPodProblem(proxyPods) ?? findCreationFailure(proxy, creationFailures);
  if (problem) return failed(`Proxy${problem.reason}`, problem.message);
  // A proxy that runs but is not ready knows best why.
  return answer.ok ? pending("ProxyStarting", "The proxy is not available yet") : undefined;
};

const serviceLeadsThere: Check = ({ model, endpoints }) => {
  // Absent means unknown, which counts as ready: discovery.k8s.io/v1, EndpointConditions.
  if (endpoints.some((slice) => slice.endpoints?.some(({ conditions }) => conditions?.ready !== false)))
    return undefined;
  return pending("NoReadyEndpoints", `Service "${model.name}" leads to no ready pod yet: see its EndpointSlices`);
};

const serverAnswers: Check = ({ answer, asleep }) =>
  answer.ok || asleep ? undefined : pending(answer.reason, answer.message);

const checks: readonly Check[] = [
  stdioServerHasACommand,
  referencesResolve,
  serversAreWanted,
  serversAreAvailable,
  proxyIsAvailable,
  serverAnswers, // After the ones that say more precisely why there is no answer.
  serviceLeadsThere, // After what a proxy without an endpoint says of its server.
];

/** The first reason why the server is not ready; `undefined` when it is. */
export function findObstacle(observation: Observation): Verdict | undefined {
  for (const check of checks) {
    const verdict = check(observation);
    if (verdict) return verdict;
  }
  return undefined;
}
