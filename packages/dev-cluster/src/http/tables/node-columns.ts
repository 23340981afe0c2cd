import { type ApiObject, isFields, listAt, stringAt, valueAt } from "../../store/api-object.ts";
import { ageColumn, at, type Column, computed, name } from "./columns.ts";

const rolePrefix = "node-role.kubernetes.io/";

/** The columns of Nodes. */
export const nodeColumns: readonly Column[] = [
  name,
  computed("Status", status),
  computed("Roles", roles),
  ageColumn,
  at("Version", "status.nodeInfo.kubeletVersion"),
  computed("Internal-IP", addressOf("InternalIP"), true),
  computed("External-IP", addressOf("ExternalIP"), true),
  at("OS-Image", "status.nodeInfo.osImage", { wide: true, empty: "<unknown>" }),
  at("Kernel-Version", "status.nodeInfo.kernelVersion", { wide: true, empty: "<unknown>" }),
  at("Container-Runtime", "status.nodeInfo.containerRuntimeVersion", { wide: true, empty: "<unknown>" }),
];

function status(node: ApiObject): string {
  const ready = listAt(node, "status", "conditions")
    .filter(isFields)
    .find((condition) => condition["type"] === "Ready");
  const text = ready ? (ready["status"] === "True" ? "Ready" : "NotReady") : "Unknown";
  return valueAt(node, "spec", "unschedulable") === true ? `${text},SchedulingDisabled` : text;
}

function roles(node: ApiObject): string {
  const found = Object.keys(node.metadata.labels ?? {}).filter((label) => label.startsWith(rolePrefix));
  return (
    found
      .map((label) => label.slice(rolePrefix.length))
      .sort()
      .join(",") || "<none>"
  );
}

function addressOf(type: string): (node: ApiObject) => string {
  return (node) => {
    const found = listAt(node, "status", "addresses").find((address) => stringAt(address, "type") === type);
    return stringAt(found, "address") ?? "<none>";
  };
}
