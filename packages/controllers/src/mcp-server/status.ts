import { formatLabels, type ObservedCondition } from "@moorage/kube-types";
import type { MCPServerStatus } from "@moorage/resources";
import { selectorLabels } from "./names.ts";
import { findObstacle, type Observation, serversAreAvailable, type Verdict } from "./readiness.ts";

/** `status` and conditions of a server, from what was observed. */
export function statusOf(observation: Observation, url: string | undefined) {
  const obstacle = findObstacle(observation);
  return { status: fieldsOf(observation, obstacle, url), conditions: conditionsOf(observation, obstacle) };
}

function fieldsOf({ model, workload, answer }: Observation, obstacle: Verdict | undefined, url: string | undefined) {
  const labels = selectorLabels(model.name, model.proxied ? "proxy" : "clients");
  const fields: MCPServerStatus = {
    phase: obstacle?.phase ?? "Running",
    ...(url && { url }),
    replicas: workload?.status?.replicas ?? 0,
    availableReplicas: workload?.status?.availableReplicas ?? 0,
    selector: formatLabels(labels),
    ...(!obstacle && answer.ok && { serverInfo: answer.serverInfo }),
  };
  return fields;
}

function conditionsOf(observation: Observation, obstacle: Verdict | undefined): ObservedCondition[] {
  return [
    readyCondition(observation, obstacle),
    availableCondition(observation),
    progressingCondition(observation, obstacle),
    degradedCondition(observation, obstacle),
    ...observation.references.conditions,
  ];
}

function readyCondition({ answer }: Observation, obstacle: Verdict | undefined): ObservedCondition {
  if (obstacle) return { type: "Ready", status: "False", reason: obstacle.reason, message: obstacle.message };
  const info = answer.ok ? answer.serverInfo : undefined;
  const tools = info?.tools === undefined ? "" : ` and offers ${info.tools} tools`;
  const message = `"${info?.name || "The server"}" ${info?.version} speaks MCP ${info?.protocolVersion}${tools}`;
  return { type: "Ready", status: "True", reason: "HandshakeSucceeded", message };
}

function availableCondition(observation: Observation): ObservedCondition {
  const problem = serversAreAvailable(observation);
  if (problem) return { type: "Available", status: "False", reason: problem.reason, message: problem.message };
  const { server } = observation;
  const message = server.spec.replicas === 0 ? "No server is wanted" : "Enough server pods are available";
  return { type: "Available", status: "True", reason: "MinimumReplicasAvailable", message };
}

function progressingCondition(
  { server, workload, references: { broken } }: Observation,
  obstacle: Verdict | undefined,
): ObservedCondition {
  const wanted = server.spec.replicas;
  const { updatedReplicas = 0, availableReplicas = 0 } = workload?.status ?? {};
  if (broken) return { type: "Progressing", status: "False", reason: broken.reason, message: broken.message };
  if (obstacle?.phase === "Failed") {
    return { type: "Progressing", status: "False", reason: obstacle.reason, message: "Waiting for a change by a user" };
  }
  if (obstacle || updatedReplicas < wanted || availableReplicas !== wanted) {
    return {
      type: "Progressing",
      status: "True",
      reason: "RollingOut",
      message: `Towards ${wanted} server pods of this generation`,
    };
  }
  return {
    type: "Progressing",
    status: "False",
    reason: "RolledOut",
    message: "Every server pod is of this generation",
  };
}

function degradedCondition(
  { server, references, workload }: Observation,
  obstacle: Verdict | undefined,
): ObservedCondition {
  const degraded = (reason: string, message: string): ObservedCondition => ({
    type: "Degraded",
    status: "True",
    reason,
    message,
  });
  if (references.broken && !obstacle) {
    return degraded(
      references.broken.reason,
      `The last good configuration goes on serving. ${references.broken.message}`,
    );
  }
  const available = workload?.status?.availableReplicas ?? 0;
  if (!obstacle && available < server.spec.replicas) {
    return degraded("SomeServersUnavailable", `${available} of ${server.spec.replicas} server pods are available`);
  }
  return {
    type: "Degraded",
    status: "False",
    reason: "AsExpected",
    message: "Nothing is known to be wrong with what serves",
  };
}
