import {
  ConfigMap,
  type Container,
  type EnvFromSource,
  type EnvVar,
  type Pod,
  Secret,
} from "@moorage/kube-types/core-v1";
import type { ClusterApi } from "../../cluster-api.ts";
import { expand } from "./expand.ts";
import { fieldValue, type NodeFacts, resourceValue } from "./field-value.ts";
import { allContainers } from "./pod-text.ts";

/** What a container's configuration lacks, in kubelet's words; the container waits with `CreateContainerConfigError`. */
export class ConfigError extends Error {
  override readonly name = "ConfigError";
}

/** Where values come from. */
export interface EnvironmentSources {
  api: ClusterApi;
  pod: Pod;
  facts: NodeFacts;
}

/**
 * The variables that a container declares, `$(VAR)` expanded. Later ones win over earlier ones, `env` over `envFrom`.
 * @throws ConfigError when a ConfigMap, a Secret or a key in it is not there and not optional.
 */
export function declaredEnvironment(container: Container, sources: EnvironmentSources): Record<string, string> {
  const variables: Record<string, string> = {};
  for (const source of container.envFrom ?? []) Object.assign(variables, environmentFrom(source, sources));
  for (const variable of container.env ?? []) {
    const value = variableValue(variable, container, { variables, sources });
    if (value !== undefined) variables[variable.name] = value;
  }
  return variables;
}

function environmentFrom(
  { prefix = "", configMapRef, secretRef }: EnvFromSource,
  sources: EnvironmentSources,
): Record<string, string> {
  const data = configMapRef
    ? configMapData(configMapRef.name ?? "", configMapRef.optional, sources)
    : secretData(secretRef?.name ?? "", secretRef?.optional, sources);
  return Object.fromEntries(Object.entries(data ?? {}).map(([key, value]) => [`${prefix}${key}`, value]));
}

function variableValue(
  { value, valueFrom, name }: EnvVar,
  container: Container,
  { variables, sources }: { variables: Record<string, string>; sources: EnvironmentSources },
): string | undefined {
  if (!valueFrom) return expand(value ?? "", variables);
  const { configMapKeyRef, secretKeyRef, fieldRef, resourceFieldRef } = valueFrom;
  const { pod, facts } = sources;
  if (configMapKeyRef) {
    const data = configMapData(configMapKeyRef.name ?? "", configMapKeyRef.optional, sources);
    return keyOfData(data, { kind: "ConfigMap", ...configMapKeyRef }, pod);
  }
  if (secretKeyRef) {
    const data = secretData(secretKeyRef.name ?? "", secretKeyRef.optional, sources);
    return keyOfData(data, { kind: "Secret", ...secretKeyRef }, pod);
  }
  if (fieldRef) return fieldValue(pod, fieldRef, facts);
  if (resourceFieldRef) {
    return resourceValue(allContainers(pod), resourceFieldRef, { current: container.name, facts });
  }
  throw new ConfigError(`Cannot set environment variable "${name}": its valueFrom has no source that this node knows`);
}

function configMapData(name: string, optional: boolean | undefined, { api, pod }: EnvironmentSources) {
  const configMap = api.get(ConfigMap, { ...namespaceOf(pod), name });
  if (!configMap && !optional) throw new ConfigError(`configmap "${name}" not found`);
  return configMap && (configMap.data ?? {});
}

function secretData(name: string, optional: boolean | undefined, { api, pod }: EnvironmentSources) {
  const secret = api.get(Secret, { ...namespaceOf(pod), name });
  if (!secret && !optional) throw new ConfigError(`secret "${name}" not found`);
  if (!secret) return undefined;
  const decode = (value: string) => Buffer.from(value, "base64").toString();
  return Object.fromEntries(Object.entries(secret.data ?? {}).map(([key, value]) => [key, decode(value)]));
}

function keyOfData(
  data: Record<string, string> | undefined,
  { kind, name = "", key, optional }: { kind: string; name?: string; key: string; optional?: boolean },
  { metadata: { namespace } }: Pod,
): string | undefined {
  const value = data?.[key];
  if (value === undefined && !optional)
    throw new ConfigError(`couldn't find key ${key} in ${kind} ${namespace}/${name}`);
  return value;
}

function namespaceOf({ metadata: { namespace } }: Pod): { namespace?: string } {
  return namespace === undefined ? {} : { namespace };
}
