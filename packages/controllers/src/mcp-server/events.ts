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
const expected = new Set(["ServerStarting", "SomeServersUnavailable"]);

/** An event for each problem that Ready does not tell already; the runtime tells each once. */
export function eventsOf(conditions: readonly ObservedCondition[]): OutcomeEvent[] {
  const told = new Set([...expected, conditions.find(({ type }) => type === "Ready")?.reason]);
  const problems = conditions.filter(({ type, status }) => trouble[type] === status);
  // Of two conditions with one reason the later says more: Degraded only repeats what a reference's own condition says.
  const byReason = new Map(problems.map(({ reason, message }) => [reason, message]));
  return [...byReason]
    .filter(([reason]) => !told.has(reason))
    .map(([reason, message]) => ({ type: "Warning", reason, message }));
}
