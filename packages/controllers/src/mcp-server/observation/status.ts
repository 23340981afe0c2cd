import { formatLabels, type ObservedCondition } from "@moorage/kube-types";
import type { Deployment, StatefulSet } from "@moorage/kube-types/apps-v1";
import type { MCPServerStatus } from "@moorage/resources";
import { findPodProblem } from "../../pods/pod-problems.ts";
import { isUnobserved } from "../../pods/unobserved.ts";
import { toolConfigHash } from "../../tool-config/status.ts";
import { selectorLabels } from "../names.ts";
import { findObstacle, type Observation, serversAreAvailable, type Verdict, wantedServers } from "./readiness.ts";

/** `status` and conditions of a server, from what was observed. */
export function statusOf(observation: Observation, urls: Pick<MCPServerStatus, "url" | "externalURL">) {
  const obstacle = findObstacle(observation);
  return { status: fieldsOf(observation, obstacle, urls), conditions: conditionsOf(observation, obstacle) };
}

function fieldsOf(
  { server, model, workload, answer, references }: Observation,
  obstacle: Verdict | undefined,
  { url, externalURL }: Pick<MCPServerStatus, "url" | "externalURL">,
) {
  const serverInfo = answer.ok ? answer.serverInfo : server.status?.serverInfo;
  const { toolConfig } = references.policy;
  const labels = selectorLabels(model.name, model.proxied ? "proxy" : "clients");
  const fields: MCPServerStatus = {
    phase: obstacle?.phase ?? "Running",
    ...(url && { url }),
    ...(externalURL && { externalURL }),
    replicas: workload?.status?.replicas ?? 0,
    availableReplicas: workload?.status?.availableReplicas ?? 0,
    selector: formatLabels(labels),
    ...(toolConfig && { toolConfigHash: toolConfigHash(toolConfig.spec) }),
    ...(!obstacle && serverInfo && { serverInfo }),
  };
  return fields;
}

function conditionsOf(observation: Observation, obstacle: Verdict | undefined): ObservedCondition[] {
  return [
    readyCondition(observation, obstacle),
    availableCondition(observation),
    progressingCondition(observation, obstacle),
    degradedCondition(observation, obstacle),
    ...exposedCondition(observation),
    ...observation.references.conditions,
  ];
}

function exposedCondition({ server, unserved }: Observation): ObservedCondition[] {
  const { exposure } = server.spec;
  if (!exposure) return [];
  if (unserved) {
    const message = `spec.exposure.httpRoute needs ${unserved.kind} (${unserved.group}), which this cluster does not serve: install the Gateway API`;
    return [{ type: "Exposed", status: "False", reason: "KindNotServed", message }];
  }
  return [
    { type: "Exposed", status: "True", reason: "RouteWritten", message: `A route for "${exposure.hostname}" is there` },
  ];
}

function readyCondition({ server, answer, asleep }: Observation, obstacle: Verdict | undefined): ObservedCondition {
  if (obstacle) return { type: "Ready", status: "False", reason: obstacle.reason, message: obstacle.message };
  if (asleep) {
    const message = `No client has asked for ${server.spec.scaleToZero?.idleSeconds} s: the next request starts the server`;
    return { type: "Ready", status: "True", reason: "ScaledToZero", message };
  }
  const info = answer.ok ? answer.serverInfo : undefined;
  const tools = info?.tools === undefined ? "" : ` and offers ${info.tools} tools`;
  const message = `"${info?.name || "The server"}" ${info?.version} speaks MCP ${info?.protocolVersion}${tools}`;
  return { type: "Ready", status: "True", reason: "HandshakeSucceeded", message };
}

function availableCondition(observation: Observation): ObservedCondition {
  const problem = serversAreAvailable(observation);
  if (problem) return { type: "Available", status: "False", reason: problem.reason, message: problem.message };
  const wanted = observation.asleep ? 0 : wantedServers(observation);
  const message = wanted === 0 ? "No server is wanted" : "Enough server pods are available";
  return { type: "Available", status: "True", reason: "MinimumReplicasAvailable", message };
}

function progressingCondition(observation: Observation, obstacle: Verdict | undefined): ObservedCondition {
  const { workload, model, proxy, asleep, configuration } = observation;
  const { broken } = observation.references;
  const wanted = asleep ? 0 : wantedServers(observation);
  const wantedProxies = proxy?.spec.replicas ?? 1;
  const type = "Progressing";
  const underWay = (reason: string, message: string): ObservedCondition => ({ type, status: "True", reason, message });
  const settled = (reason: string, message: string): ObservedCondition => ({ type, status: "False", reason, message });
  if (broken) return settled(broken.reason, broken.message);
  if (obstacle?.phase === "Failed") return settled(obstacle.reason, "Waiting for a change by a user");
  if (obstacle || !isRolledOut(workload, wanted)) {
    return underWay("RollingOut", `Towards ${wanted} server pods of this generation`);
  }
  if (model.proxied && !isRolledOut(proxy, wantedProxies)) {
    return underWay("RollingOut", `Towards ${wantedProxies} proxy pods of this generation`);
  }
  if (configuration.outdated > 0) {
    return underWay("Reconfiguring", "Not every proxy has read its new configuration yet");
  }
  return settled("RolledOut", "Every pod is of this generation");
}

/** Whether just the wanted pods are left, and all of the workload's last change. */
function isRolledOut(workload: StatefulSet | Deployment | undefined, wanted: number): boolean {
  const { updatedReplicas = 0, availableReplicas = 0 } = workload?.status ?? {};
  return !isUnobserved(workload) && updatedReplicas >= wanted && availableReplicas === wanted;
}

function degradedCondition(observation: Observation, obstacle: Verdict | undefined): ObservedCondition {
  const { references, workload, asleep, configuration } = observation;
  const degraded = (reason: string, message: string): ObservedCondition => ({
    type: "Degraded",
    status: "True",
    reason,
    message,
  });
  const goesOn = "The last good configuration goes on serving";
  if (references.broken && !obstacle) {
    return degraded(references.broken.reason, `${goesOn}. ${references.broken.message}`);
  }
  if (configuration.refused) {
    return degraded("ConfigurationRefused", `${goesOn}. The proxy refuses the new one: ${configuration.refused}`);
  }
  const available = workload?.status?.availableReplicas ?? 0;
  const wanted = asleep ? 0 : wantedServers(observation);
  if (!obstacle && available < wanted) {
    const problem = findPodProblem(observation.serverPods);
    return problem
      ? degraded(problem.reason, problem.message)
      : degraded("SomeServersUnavailable", "Not every server pod is available");
  }
  return {
    type: "Degraded",
    status: "False",
    reason: "AsExpected",
    message: "Nothing is known to be wrong with what serves",
  };
}
