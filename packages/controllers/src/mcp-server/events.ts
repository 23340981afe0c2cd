import type { ObservedCondition } from "@moorage/kube-types";
import type { OutcomeEvent } from "@moorage/operator-runtime";

/** Conditions other than Ready (of which the runtime tells itself) that are worth an event, and the status that means trouble. */
const trouble: Readonly<Record<string, ObservedCondition["status"]>> = {
  Available: "False",
  Degraded: "True",
  Exposed: "False",
  ToolConfigResolved: "False",
  OIDCConfigValid: "False",
  AuthzConfigValid: "False",
  PermissionProfileValid: "False",
  TLSConfigValid: "False",
  TelemetryConfigValid: "False",
  SecretResolved: "False",
  ConfigMapResolved: "False",
  PodTemplateValid: "False",
};

/** Waiting for pods is no trouble. */
const expected = new Set(["ServerStarting"]);

/** An event for each problem that Ready does not tell already; the runtime tells each once. */
export function eventsOf(conditions: readonly ObservedCondition[]): OutcomeEvent[] {
  const told = conditions.find(({ type }) => type === "Ready")?.reason;
  return conditions
    .filter(({ type, status, reason }) => trouble[type] === status && !expected.has(reason) && reason !== told)
    .map(({ reason, message }) => ({ type: "Warning", reason, message }));
}
