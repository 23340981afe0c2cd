import type { Deployment, StatefulSet } from "@moorage/kube-types/apps-v1";
import type { Pod, Service } from "@moorage/kube-types/core-v1";
import type { MCPServer } from "@moorage/resources";
import { findPodProblem } from "../pods/pod-problems.ts";
import type { Answer } from "./answer.ts";
import type { Model } from "./model.ts";
import type { References } from "./references.ts";

/** All that decides whether a server is ready, as seen in one reconcile. */
export interface Observation {
  server: MCPServer;
  model: Model;
  /** Fields that promise a protection which is not carried out. */
  unenforced: readonly string[];
  references: References;
  /** What runs the server's pods. */
  workload?: StatefulSet | Deployment;
  serverPods: readonly Pod[];
  /** What runs the proxy's pods; absent without a proxy. */
  proxy?: Deployment;
  proxyPods: readonly Pod[];
  /** The Service that clients reach. */
  service?: Service;
  answer: Answer;
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

const protectionsAreEnforced: Check = ({ unenforced }) => {
  if (unenforced.length === 0) return undefined;
  return failed(
    "ProtectionNotEnforced",
    `Clients are kept out, because this version of Moorage does not carry out ${unenforced.join(", ")}: remove the field to serve without it`,
  );
};

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
export const serversAreAvailable: Check = ({ server, workload, serverPods }) => {
  const available = workload?.status?.availableReplicas ?? 0;
  const wanted = server.spec.replicas;
  // A server that has been running goes on counting as such while one of its pods is left.
  const enough = server.status?.phase === "Running" ? Math.min(1, wanted) : wanted;
  if (available >= enough) return undefined;
  const problem = findPodProblem(serverPods);
  if (problem) return failed(problem.reason, problem.message);
  return pending("ServerStarting", `${available} of ${wanted} server pods are available`);
};

const proxyIsAvailable: Check = ({ model, proxy, proxyPods, answer }) => {
  if (!model.proxied || (proxy?.status?.availableReplicas ?? 0) > 0) return undefined;
  if (proxy?.spec.replicas === 0) return pending("ProxyScaledToZero", "spec.proxy.replicas is 0: no proxy runs");
  const problem = findPodProblem(proxyPods);
  if (problem) return failed(`Proxy${problem.reason}`, problem.message);
  // A proxy that runs but is not ready knows best why.
  return answer.ok ? pending("ProxyStarting", "The proxy is not available yet") : undefined;
};

const serverAnswers: Check = ({ answer }) => (answer.ok ? undefined : pending(answer.reason, answer.message));

const checks: readonly Check[] = [
  protectionsAreEnforced,
  stdioServerHasACommand,
  referencesResolve,
  serversAreWanted,
  serversAreAvailable,
  proxyIsAvailable,
  serverAnswers, // Last: the ones above say more precisely why there is no answer.
];

/** The first reason why the server is not ready; `undefined` when it is. */
export function findObstacle(observation: Observation): Verdict | undefined {
  for (const check of checks) {
    const verdict = check(observation);
    if (verdict) return verdict;
  }
  return undefined;
}
