import { equalJson } from "@moorage/kube-types";
import type { FieldError } from "../../status/api-error.ts";
import { duplicate, invalidValue, notSupported, required } from "../../status/field-errors.ts";
import { type ApiObject, ensureFields, type Fields, fieldsAt, isFields, listAt } from "../../store/api-object.ts";
import { defaultService } from "../defaults/cluster-kinds.ts";
import { dnsLabel } from "../name-rules.ts";
import type { Strategy } from "../strategy.ts";
import { isPort } from "./validate-pod-spec.ts";

const types = ["ClusterIP", "ExternalName", "LoadBalancer", "NodePort"];

/** Services. Their addresses come from the allocator, after validation. */
export const serviceStrategy: Strategy = {
  nameRule: dnsLabel,
  defaults: defaultService,
  prepareUpdate(object, old) {
    keepAddresses(ensureFields(object, "spec"), fieldsAt(old, "spec") ?? {});
  },
  validate: validateService,
  validateUpdate: validateServiceUpdate,
};

/** A client that leaves out what the server allocated means to keep it. */
function keepAddresses(spec: Fields, old: Fields): void {
  if (spec["type"] === "ExternalName") return;
  const kept = ["clusterIP", "clusterIPs", "ipFamilies", "ipFamilyPolicy", "healthCheckNodePort"];
  for (const field of kept)
    if (spec[field] === undefined && old[field] !== undefined) spec[field] = structuredClone(old[field]);
  if (spec["type"] === "ClusterIP" || spec["type"] === undefined) return;
  for (const port of listAt(spec, "ports").filter(isFields)) {
    const before = listAt(old, "ports").find(
      (other) => isFields(other) && other["port"] === port["port"] && other["protocol"] === port["protocol"],
    );
    if (port["nodePort"] === undefined && isFields(before) && before["nodePort"] !== undefined)
      port["nodePort"] = before["nodePort"];
  }
}

function validateService(object: ApiObject): FieldError[] {
  const spec = fieldsAt(object, "spec") ?? {};
  const ports = listAt(spec, "ports").filter(isFields);
  const isHeadless = spec["clusterIP"] === "None";
  return [
    ...(ports.length === 0 && !isHeadless && spec["type"] !== "ExternalName" ? [required("spec.ports")] : []),
    ...ports.flatMap((port, index) => portErrors(port, `spec.ports[${index}]`, ports.length > 1)),
    ...duplicatePorts(ports),
    ...(types.includes(String(spec["type"])) ? [] : [notSupported("spec.type", spec["type"], types)]),
    ...affinityErrors(spec),
    ...(spec["type"] === "ExternalName" && !spec["externalName"] ? [required("spec.externalName")] : []),
  ];
}

function affinityErrors(spec: Fields): FieldError[] {
  const allowed = ["ClientIP", "None"];
  const affinity = spec["sessionAffinity"];
  return allowed.includes(String(affinity)) ? [] : [notSupported("spec.sessionAffinity", affinity, allowed)];
}

function portErrors(port: Fields, path: string, nameRequired: boolean): FieldError[] {
  const range = "must be between 1 and 65535, inclusive";
  const name = port["name"];
  const nameFault = typeof name === "string" && name !== "" ? dnsLabel(name) : undefined;
  const target = port["targetPort"];
  return [
    ...(nameRequired && !name ? [required(`${path}.name`)] : []),
    ...(nameFault ? [invalidValue(`${path}.name`, name, nameFault)] : []),
    ...(isPort(port["port"]) ? [] : [invalidValue(`${path}.port`, port["port"] ?? 0, range)]),
    ...(typeof target === "number" && !isPort(target) ? [invalidValue(`${path}.targetPort`, target, range)] : []),
  ];
}

function duplicatePorts(ports: readonly Fields[]): FieldError[] {
  const same = (left: Fields, right: Fields) =>
    left["port"] === right["port"] && left["protocol"] === right["protocol"];
  return ports.flatMap((port, index) => {
    if (ports.findIndex((other) => port["name"] && other["name"] === port["name"]) < index && port["name"]) {
      const first = ports.findIndex((other) => other["name"] === port["name"]);
      if (first < index) return [duplicate(`spec.ports[${index}].name`, port["name"])];
    }
    return ports.findIndex((other) => same(other, port)) < index
      ? [duplicate(`spec.ports[${index}]`, { port: port["port"], protocol: port["protocol"] })]
      : [];
  });
}

function validateServiceUpdate(next: ApiObject, old: ApiObject): FieldError[] {
  const before = fieldsAt(old, "spec") ?? {};
  const after = fieldsAt(next, "spec") ?? {};
  if (before["type"] === "ExternalName" || after["type"] === "ExternalName" || before["clusterIP"] === undefined)
    return [];
  if (before["clusterIP"] === after["clusterIP"]) return [];
  const addresses = equalJson(before["clusterIPs"], after["clusterIPs"]) ? [after["clusterIP"]] : after["clusterIPs"];
  return [invalidValue("spec.clusterIPs[0]", addresses, "may not change once set")];
}
