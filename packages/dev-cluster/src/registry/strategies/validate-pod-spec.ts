import type { FieldError } from "../../status/api-error.ts";
import { duplicate, invalidValue, notFoundField, notSupported, required } from "../../status/field-errors.ts";
import { type Fields, isFields, listAt } from "../../store/api-object.ts";
import { dnsLabel } from "../name-rules.ts";

/** The checks of `ValidatePodSpec` that a client or a controller may run into. */
export function validatePodSpec(spec: Fields, path: string, restartPolicies: readonly string[]): FieldError[] {
  const volumes = listAt(spec, "volumes").filter(isFields);
  const volumeNames = new Set(volumes.map((volume) => String(volume["name"])));
  const containers = listAt(spec, "containers").filter(isFields);
  const initContainers = listAt(spec, "initContainers").filter(isFields);
  return [
    ...volumeErrors(volumes, `${path}.volumes`),
    ...(containers.length === 0 ? [required(`${path}.containers`)] : []),
    ...containers.flatMap((container, index) =>
      containerErrors(container, `${path}.containers[${index}]`, volumeNames),
    ),
    ...initContainers.flatMap((container, index) =>
      containerErrors(container, `${path}.initContainers[${index}]`, volumeNames),
    ),
    ...duplicateNames([...containers], `${path}.containers`),
    ...restartPolicyErrors(spec, path, restartPolicies),
    ...graceErrors(spec, path),
  ];
}

function restartPolicyErrors(spec: Fields, path: string, allowed: readonly string[]): FieldError[] {
  const policy = spec["restartPolicy"];
  return allowed.includes(String(policy)) ? [] : [notSupported(`${path}.restartPolicy`, policy, allowed)];
}

function graceErrors(spec: Fields, path: string): FieldError[] {
  const seconds = spec["terminationGracePeriodSeconds"];
  return typeof seconds === "number" && seconds < 0
    ? [invalidValue(`${path}.terminationGracePeriodSeconds`, seconds, "must be greater than or equal to 0")]
    : [];
}

function volumeErrors(volumes: readonly Fields[], path: string): FieldError[] {
  return volumes.flatMap((volume, index) => {
    const name = volume["name"];
    if (typeof name !== "string" || name === "") return [required(`${path}[${index}].name`)];
    const fault = dnsLabel(name);
    const sources = Object.keys(volume).filter((key) => key !== "name");
    return [
      ...(fault ? [invalidValue(`${path}[${index}].name`, name, fault)] : []),
      ...(sources.length > 1
        ? sources.slice(1).map(
            (source): FieldError => ({
              reason: "FieldValueForbidden",
              field: `${path}[${index}].${source}`,
              message: "Forbidden: may not specify more than 1 volume type",
            }),
          )
        : []),
      ...(volumes.findIndex((other) => other["name"] === name) < index
        ? [duplicate(`${path}[${index}].name`, name)]
        : []),
    ];
  });
}

function duplicateNames(containers: readonly Fields[], path: string): FieldError[] {
  return containers.flatMap((container, index) =>
    containers.findIndex((other) => other["name"] === container["name"]) < index
      ? [duplicate(`${path}[${index}].name`, container["name"])]
      : [],
  );
}

function containerErrors(container: Fields, path: string, volumes: ReadonlySet<string>): FieldError[] {
  return [
    ...nameErrors(container, path),
    ...(container["image"] ? [] : [required(`${path}.image`)]),
    ...portErrors(container, path),
    ...envErrors(container, path),
    ...mountErrors(container, path, volumes),
    ...pullPolicyErrors(container, path),
  ];
}

function nameErrors(container: Fields, path: string): FieldError[] {
  const name = container["name"];
  if (typeof name !== "string" || name === "") return [required(`${path}.name`)];
  const fault = dnsLabel(name);
  return fault ? [invalidValue(`${path}.name`, name, fault)] : [];
}

const pullPolicies = ["Always", "IfNotPresent", "Never"];

function pullPolicyErrors(container: Fields, path: string): FieldError[] {
  const policy = container["imagePullPolicy"];
  return pullPolicies.includes(String(policy)) ? [] : [notSupported(`${path}.imagePullPolicy`, policy, pullPolicies)];
}

/** Whether a number can be a TCP port. */
export function isPort(value: unknown): boolean {
  return typeof value === "number" && value >= 1 && value <= 65_535;
}

function portErrors(container: Fields, path: string): FieldError[] {
  return listAt(container, "ports")
    .filter(isFields)
    .flatMap((port, index) => {
      const at = `${path}.ports[${index}]`;
      const number = port["containerPort"];
      const protocols = ["SCTP", "TCP", "UDP"];
      return [
        ...(number === undefined || number === 0 ? [required(`${at}.containerPort`)] : []),
        ...(number && !isPort(number)
          ? [invalidValue(`${at}.containerPort`, number, "must be between 1 and 65535, inclusive")]
          : []),
        ...(protocols.includes(String(port["protocol"]))
          ? []
          : [notSupported(`${at}.protocol`, port["protocol"], protocols)]),
      ];
    });
}

function envErrors(container: Fields, path: string): FieldError[] {
  return listAt(container, "env")
    .filter(isFields)
    .flatMap((variable, index) => {
      const at = `${path}.env[${index}]`;
      const hasBoth =
        variable["valueFrom"] !== undefined && variable["value"] !== undefined && variable["value"] !== "";
      return [
        ...(variable["name"] ? [] : [required(`${at}.name`)]),
        ...(hasBoth ? [invalidValue(`${at}.valueFrom`, "", "may not be specified when `value` is not empty")] : []),
      ];
    });
}

function mountErrors(container: Fields, path: string, volumes: ReadonlySet<string>): FieldError[] {
  return listAt(container, "volumeMounts")
    .filter(isFields)
    .flatMap((mount, index) => {
      const at = `${path}.volumeMounts[${index}]`;
      const name = String(mount["name"] ?? "");
      return [
        ...(name === "" ? [required(`${at}.name`)] : volumes.has(name) ? [] : [notFoundField(`${at}.name`, name)]),
        ...(mount["mountPath"] ? [] : [required(`${at}.mountPath`)]),
      ];
    });
}
