import type { ObservedCondition } from "@moorage/kube-types";
import { hashOf, type OutcomeEvent } from "@moorage/operator-runtime";
import type { ToolConfig } from "@moorage/resources";
import { toolConfigProblem, toolConfigWarning } from "./tool-config-problem.ts";

export interface Observation {
  toolConfig: ToolConfig;
  /** The MCPServers that refer to it, in order. */
  servers: readonly string[];
}

/** More than a person reads; a list without bound would outgrow what the API server stores. */
const maxListed = 250;
const maxNamed = 5;

/** A short text that differs when what a ToolConfig says does. */
export function toolConfigHash(spec: ToolConfig["spec"]): string {
  return hashOf(spec);
}

/** `status`, conditions and events of a ToolConfig, from what was observed. */
export function statusOf({ toolConfig, servers }: Observation) {
  const { spec } = toolConfig;
  const status: NonNullable<ToolConfig["status"]> = {
    configHash: toolConfigHash(spec),
    servers: servers.slice(0, maxListed),
    serverCount: servers.length,
  };
  const warning = toolConfigWarning(spec);
  const events: OutcomeEvent[] = warning ? [{ type: "Warning", ...warning }] : [];
  return { status, conditions: conditionsOf({ toolConfig, servers }), events };
}

/** The same for one that is being deleted and that servers hold. */
export function deletionBlockedOf(observation: Observation) {
  const { status, conditions } = statusOf(observation);
  const reason = "ReferredTo";
  const message = `${named(observation.servers)} ${observation.servers.length === 1 ? "refers" : "refer"} to it: remove spec.toolConfigRef there, or delete what refers to it`;
  const blocked: ObservedCondition = { type: "DeletionBlocked", status: "True", reason, message };
  const others = conditions.filter(({ type }) => type !== "Progressing");
  const progressing: ObservedCondition = { ...blocked, type: "Progressing" };
  // Once, and not again with every server that goes.
  const told = observation.toolConfig.status?.conditions?.some(({ type }) => type === "DeletionBlocked");
  const events: OutcomeEvent[] = told ? [] : [{ type: "Warning", reason: "DeletionBlocked", message }];
  return { status, conditions: [...others, progressing, blocked], events };
}

function conditionsOf({ toolConfig: { spec }, servers }: Observation): ObservedCondition[] {
  const problem = toolConfigProblem(spec);
  const found = problem ?? toolConfigWarning(spec) ?? { reason: "Valid", message: "Every tool has a name of its own" };
  const usable = problem ?? { reason: "Valid", message: "MCPServers can use it" };
  const status = problem ? "False" : "True";
  return [
    { type: "Ready", status, ...usable },
    { type: "Valid", status, ...found },
    { type: "Available", status, ...usable },
    { type: "Progressing", status: "False", reason: "Settled", message: "Nothing is under way" },
    degradedCondition(problem !== undefined, servers),
  ];
}

function degradedCondition(invalid: boolean, servers: readonly string[]): ObservedCondition {
  if (!invalid || servers.length === 0) {
    return {
      type: "Degraded",
      status: "False",
      reason: "AsExpected",
      message: "No MCPServer waits for a valid version",
    };
  }
  const message = `${named(servers)} cannot take it over before it is valid`;
  return { type: "Degraded", status: "True", reason: "InvalidInUse", message };
}

function named(servers: readonly string[]): string {
  const more = servers.length - maxNamed;
  return `${servers.slice(0, maxNamed).join(", ")}${more > 0 ? ` and ${more} more` : ""}`;
}
