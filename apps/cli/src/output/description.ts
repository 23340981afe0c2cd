import type { Condition, KubeObject } from "@moorage/kube-types";
import type { Event } from "@moorage/kube-types/events-v1";
import { age } from "./age.ts";
import { columns } from "./columns.ts";

/** An object in the form of `kubectl describe`: metadata, spec, status, conditions and events. */
export function describeObject(object: KubeObject, events: readonly Event[], now: Date): string {
  const { apiVersion, kind, metadata, ...rest } = object;
  const { spec, status, ...other } = { spec: undefined, status: undefined, ...rest };
  const { conditions, ...fields } = isRecord(status) ? status : { conditions: undefined };
  return [
    columns([
      ["Name:", metadata.name],
      ...(metadata.namespace ? [["Namespace:", metadata.namespace]] : []),
      ["Kind:", `${kind} (${apiVersion})`],
      ["Labels:", pairs(metadata.labels)],
      ["Created:", metadata.creationTimestamp ?? "<unknown>"],
      ...(metadata.deletionTimestamp ? [["Deleted:", metadata.deletionTimestamp]] : []),
    ]),
    section("Spec", spec),
    ...Object.entries(other).map(([name, value]) => section(title(name), value)),
    section("Status", Object.keys(fields).length > 0 ? fields : undefined),
    conditionTable(conditions),
    eventTable(events, now),
  ].join("");
}

function section(name: string, value: unknown): string {
  return value === undefined ? "" : `${name}:\n${lines(value, "  ")}`;
}

/** Nested fields, one a line, named as kubectl writes them: `availableReplicas` as `Available Replicas`. */
function lines(value: unknown, indent: string): string {
  if (Array.isArray(value)) return value.map((item) => listItem(item, indent)).join("");
  if (!isRecord(value)) return `${indent}${String(value)}\n`;
  return Object.entries(value)
    .map(([name, inner]) =>
      isScalar(inner)
        ? `${indent}${title(name)}:  ${inner}\n`
        : `${indent}${title(name)}:\n${lines(inner, `${indent}  `)}`,
    )
    .join("");
}

function listItem(item: unknown, indent: string): string {
  return isScalar(item) ? `${indent}${item}\n` : `${indent}-\n${lines(item, `${indent}  `)}`;
}

function conditionTable(conditions: unknown): string {
  if (!Array.isArray(conditions) || conditions.length === 0) return "";
  const rows = conditions.map(({ type, status, reason, message }: Condition) => [`  ${type}`, status, reason, message]);
  return `Conditions:\n${columns([["  Type", "Status", "Reason", "Message"], ...rows])}`;
}

function eventTable(events: readonly Event[], now: Date): string {
  if (events.length === 0) return "Events:  <none>\n";
  const rows = events
    .map((event) => ({ event, time: lastTime(event) }))
    .toSorted((a, b) => a.time.getTime() - b.time.getTime())
    .map(({ event, time }) => [
      `  ${event.type ?? ""}`,
      event.reason ?? "",
      age(time, now),
      event.reportingController ?? "",
      event.note ?? "",
    ]);
  return `Events:\n${columns([["  Type", "Reason", "Age", "From", "Message"], ...rows])}`;
}

function lastTime({ series, eventTime, deprecatedLastTimestamp, metadata }: Event): Date {
  return new Date(series?.lastObservedTime ?? eventTime ?? deprecatedLastTimestamp ?? metadata.creationTimestamp ?? 0);
}

function title(name: string): string {
  const spaced = name.replace(/([a-z0-9])([A-Z])/g, "$1 $2");
  return spaced.charAt(0).toUpperCase() + spaced.slice(1);
}

function pairs(record: Readonly<Record<string, string>> | undefined): string {
  return (
    Object.entries(record ?? {})
      .map(([key, value]) => `${key}=${value}`)
      .join(",") || "<none>"
  );
}

function isScalar(value: unknown): boolean {
  return typeof value !== "object" || value === null;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
