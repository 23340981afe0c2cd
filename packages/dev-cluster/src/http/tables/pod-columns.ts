import { type ApiObject, type Fields, fieldsAt, isFields, listAt, stringAt, valueAt } from "../../store/api-object.ts";
import { ageColumn, at, type Column, computed, name, since } from "./columns.ts";

/** The columns of pods. Source: `printPod` of kubectl's printers. */
export const podColumns: readonly Column[] = [
  name,
  computed("Ready", (pod) => `${readyContainers(pod)}/${listAt(pod, "spec", "containers").length}`),
  computed("Status", podStatus),
  computed("Restarts", restarts),
  ageColumn,
  at("IP", "status.podIP", { wide: true }),
  at("Node", "spec.nodeName", { wide: true }),
  at("Nominated Node", "status.nominatedNodeName", { wide: true }),
  computed("Readiness Gates", readinessGates, true),
];

function statuses(pod: ApiObject, kind: string): Fields[] {
  return listAt(pod, "status", kind).filter(isFields);
}

function readyContainers(pod: ApiObject): number {
  return statuses(pod, "containerStatuses").filter((status) => status["ready"] === true).length;
}

function restarts(pod: ApiObject): string {
  const all = statuses(pod, "containerStatuses");
  const total = all.reduce((sum, status) => sum + Number(status["restartCount"] ?? 0), 0);
  const ends = all.map((status) => stringAt(status, "lastState", "terminated", "finishedAt") ?? "").sort();
  const last = ends.at(-1);
  return total > 0 && last ? `${total} (${since(last)} ago)` : String(total);
}

/** What a person wants to know of a pod: the reason that keeps it from running, if there is one. */
export function podStatus(pod: ApiObject): string {
  const phase = stringAt(pod, "status", "reason") || stringAt(pod, "status", "phase") || "";
  if (isGated(pod)) return "SchedulingGated";
  const init = initStatus(pod);
  const status = init ?? containerStatus(pod) ?? phase;
  if (!pod.metadata.deletionTimestamp) return status;
  if (stringAt(pod, "status", "reason") === "NodeLost") return "Unknown";
  return ["Succeeded", "Failed"].includes(phase) ? status : "Terminating";
}

function isGated(pod: ApiObject): boolean {
  return listAt(pod, "status", "conditions").some(
    (condition) =>
      stringAt(condition, "type") === "PodScheduled" && stringAt(condition, "reason") === "SchedulingGated",
  );
}

function initStatus(pod: ApiObject): string | undefined {
  const containers = statuses(pod, "initContainerStatuses");
  const total = listAt(pod, "spec", "initContainers").length;
  for (const [index, status] of containers.entries()) {
    if (valueAt(status, "state", "terminated", "exitCode") === 0) continue;
    if (isStartedSidecar(pod, status)) continue;
    const ended = fieldsAt(status, "state", "terminated");
    if (ended) return `Init:${endReason(ended)}`;
    const waiting = stringAt(status, "state", "waiting", "reason");
    return waiting && waiting !== "PodInitializing" ? `Init:${waiting}` : `Init:${index}/${total}`;
  }
  return undefined;
}

function isStartedSidecar(pod: ApiObject, status: Fields): boolean {
  const container = listAt(pod, "spec", "initContainers").find((item) => stringAt(item, "name") === status["name"]);
  return stringAt(container, "restartPolicy") === "Always" && status["started"] === true;
}

function endReason(ended: Fields): string {
  const reason = stringAt(ended, "reason");
  if (reason) return reason;
  return ended["signal"] ? `Signal:${ended["signal"]}` : `ExitCode:${ended["exitCode"]}`;
}

function containerStatus(pod: ApiObject): string | undefined {
  const containers = statuses(pod, "containerStatuses");
  let found: string | undefined;
  for (const status of containers.toReversed()) {
    const waiting = stringAt(status, "state", "waiting", "reason");
    const ended = fieldsAt(status, "state", "terminated");
    if (waiting) found = waiting;
    else if (ended) found = endReason(ended);
  }
  const isRunning = containers.some((status) => status["ready"] === true && fieldsAt(status, "state", "running"));
  if (found !== "Completed" || !isRunning) return found;
  return isPodReady(pod) ? "Running" : "NotReady";
}

function isPodReady(pod: ApiObject): boolean {
  return listAt(pod, "status", "conditions").some(
    (condition) => stringAt(condition, "type") === "Ready" && stringAt(condition, "status") === "True",
  );
}

function readinessGates(pod: ApiObject): string {
  const gates = listAt(pod, "spec", "readinessGates");
  if (gates.length === 0) return "<none>";
  const conditions = listAt(pod, "status", "conditions");
  const open = gates.filter((gate) =>
    conditions.some(
      (condition) =>
        stringAt(condition, "type") === stringAt(gate, "conditionType") && stringAt(condition, "status") === "True",
    ),
  );
  return `${open.length}/${gates.length}`;
}
