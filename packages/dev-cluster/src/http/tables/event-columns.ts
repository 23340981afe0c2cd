import { type ApiObject, stringAt, valueAt } from "../../store/api-object.ts";
import { at, type Column, computed, name, since } from "./columns.ts";

/** The columns of core Events; those of `events.k8s.io` name the same fields otherwise. */
export const eventColumns: readonly Column[] = [
  computed("Last Seen", lastSeen),
  at("Type", "type", { empty: "" }),
  at("Reason", "reason", { empty: "" }),
  computed("Object", subject),
  computed("Subobject", (event) => stringAt(event, "involvedObject", "fieldPath") ?? "", true),
  computed("Source", source, true),
  computed("Message", (event) => (stringAt(event, "message") ?? stringAt(event, "note") ?? "").trim()),
  computed("First Seen", (event) => since(firstTime(event)), true),
  computed(
    "Count",
    (event) => valueAt(event, "series", "count") ?? event["count"] ?? event["deprecatedCount"] ?? 1,
    true,
  ),
  { ...name, priority: 1 },
];

function firstTime(event: ApiObject): string | undefined {
  return (
    stringAt(event, "firstTimestamp") ?? stringAt(event, "deprecatedFirstTimestamp") ?? stringAt(event, "eventTime")
  );
}

function lastSeen(event: ApiObject): string {
  const time =
    stringAt(event, "series", "lastObservedTime") ??
    stringAt(event, "lastTimestamp") ??
    stringAt(event, "deprecatedLastTimestamp");
  return since(time ?? firstTime(event));
}

function subject(event: ApiObject): string {
  const object = valueAt(event, "involvedObject") ?? valueAt(event, "regarding");
  return `${(stringAt(object, "kind") ?? "").toLowerCase()}/${stringAt(object, "name") ?? ""}`;
}

function source(event: ApiObject): string {
  const component =
    stringAt(event, "source", "component") ??
    stringAt(event, "reportingComponent") ??
    stringAt(event, "reportingController") ??
    "";
  const host = stringAt(event, "source", "host") ?? "";
  return host === "" ? component : `${component}, ${host}`;
}
