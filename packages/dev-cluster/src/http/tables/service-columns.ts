import { type ApiObject, isFields, listAt, stringAt, valueAt } from "../../store/api-object.ts";
import { ageColumn, at, type Column, computed, labelsText, name } from "./columns.ts";

/** The columns of Services. */
export const serviceColumns: readonly Column[] = [
  name,
  at("Type", "spec.type"),
  at("Cluster-IP", "spec.clusterIP"),
  computed("External-IP", externalAddresses),
  computed("Port(s)", portsText),
  ageColumn,
  computed("Selector", (service) => labelsText(valueAt(service, "spec", "selector")), true),
];

function externalAddresses(service: ApiObject): string {
  const given = listAt(service, "spec", "externalIPs").map(String);
  if (stringAt(service, "spec", "type") === "ExternalName")
    return stringAt(service, "spec", "externalName") ?? "<none>";
  const balanced = listAt(service, "status", "loadBalancer", "ingress").map(
    (entry) => stringAt(entry, "ip") ?? stringAt(entry, "hostname") ?? "",
  );
  const all = [...given, ...balanced];
  if (all.length > 0) return all.join(",");
  return stringAt(service, "spec", "type") === "LoadBalancer" ? "<pending>" : "<none>";
}

function portsText(service: ApiObject): string {
  const ports = listAt(service, "spec", "ports").filter(isFields);
  const texts = ports.map(({ port, nodePort, protocol }) =>
    nodePort ? `${port}:${nodePort}/${protocol}` : `${port}/${protocol}`,
  );
  return texts.join(",") || "<none>";
}
