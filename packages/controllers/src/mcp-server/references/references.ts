import { groupResourceOf, type KubeObject, type ResourceType } from "@moorage/kube-types";
import { ConfigMap, Secret } from "@moorage/kube-types/core-v1";
import { type MCPServer, ToolConfig } from "@moorage/resources";

/** The condition that says whether a kind of reference holds. */
export type ReferenceCondition =
  | "ToolConfigResolved"
  | "OIDCConfigValid"
  | "AuthzConfigValid"
  | "PermissionProfileValid"
  | "TelemetryConfigValid"
  | "TLSConfigValid"
  | "SecretResolved"
  | "ConfigMapResolved";

export type DataObject = KubeObject & { data?: Record<string, string> };

/** An object that a server needs. */
export interface Reference {
  field: string;
  type: ResourceType<KubeObject & { data?: unknown }>;
  name: string;
  /** Keys of its data that must be there. */
  keys?: readonly string[];
  condition: ReferenceCondition;
  /** Whether the server's own process reads it, when it starts. */
  input?: true;
  /** Used where it is there, and not missed where it is not. */
  optional?: boolean | undefined;
}

/** Every object that the spec refers to by name. */
export function referencesOf({ spec }: MCPServer): Reference[] {
  return [...policyReferences(spec), ...proxyReferences(spec), ...inputReferences(spec)];
}

/** What an index of servers by the objects that they refer to holds for one object. */
export function referenceKey(type: ResourceType, name: string): string {
  return `${groupResourceOf(type)}/${name}`;
}

/** The same for all objects that a server refers to. */
export function referenceKeysOf(server: MCPServer): string[] {
  return referencesOf(server).map(({ type, name }) => referenceKey(type, name));
}

/** The key of a permission profile's ConfigMap. */
export const profileKey = "profile.json";

function policyReferences({
  toolConfigRef,
  oidcConfig,
  authzConfig,
  permissionProfile,
}: MCPServer["spec"]): Reference[] {
  const found: Reference[] = [];
  if (toolConfigRef) {
    found.push({
      field: "spec.toolConfigRef",
      type: ToolConfig,
      name: toolConfigRef.name,
      condition: "ToolConfigResolved",
    });
  }
  if (oidcConfig?.type === "configMap" && oidcConfig.configMap) {
    const { name, key } = oidcConfig.configMap;
    found.push(configMap("spec.oidcConfig.configMap", name, { keys: [key], condition: "OIDCConfigValid" }));
  }
  if (authzConfig?.type === "configMap" && authzConfig.configMap) {
    const { name, key } = authzConfig.configMap;
    found.push(configMap("spec.authzConfig.configMap", name, { keys: [key], condition: "AuthzConfigValid" }));
  }
  if (permissionProfile && permissionProfile.type !== "builtin") {
    const { name, key = profileKey } = permissionProfile;
    found.push(configMap("spec.permissionProfile", name, { keys: [key], condition: "PermissionProfileValid" }));
  }
  return found;
}

function proxyReferences({ tls, telemetry, oidcConfig }: MCPServer["spec"]): Reference[] {
  const found: Reference[] = [];
  const inline = oidcConfig?.type === "inline" ? oidcConfig.inline : undefined;
  const { clientSecretRef: client, caConfigMapRef: authority } = inline ?? {};
  if (client) {
    const field = "spec.oidcConfig.inline.clientSecretRef";
    found.push(secret(field, client.name, { keys: [client.key], condition: "OIDCConfigValid" }));
  }
  if (authority) {
    const field = "spec.oidcConfig.inline.caConfigMapRef";
    found.push(configMap(field, authority.name, { keys: [authority.key], condition: "OIDCConfigValid" }));
  }
  if (tls) {
    found.push(
      secret("spec.tls.secretName", tls.secretName, { keys: ["tls.crt", "tls.key"], condition: "TLSConfigValid" }),
    );
  }
  if (telemetry?.headersSecretName) {
    const field = "spec.telemetry.headersSecretName";
    found.push(secret(field, telemetry.headersSecretName, { condition: "TelemetryConfigValid" }));
  }
  return found;
}

/** What the server's own container reads: environment and volumes. */
function inputReferences({ secretName, env = [], envFrom = [], volumes = [] }: MCPServer["spec"]): Reference[] {
  return [
    ...(secretName ? [inputSecret("spec.secretName", secretName)] : []),
    ...env.flatMap(({ name, valueFrom }) => {
      const field = `spec.env "${name}"`;
      const { secretKeyRef, configMapKeyRef } = valueFrom ?? {};
      return [
        ...(secretKeyRef?.name ? [inputSecret(field, secretKeyRef.name, secretKeyRef)] : []),
        ...(configMapKeyRef?.name ? [inputConfigMap(field, configMapKeyRef.name, configMapKeyRef)] : []),
      ];
    }),
    ...envFrom.flatMap(({ secretRef, configMapRef }, index) => {
      const field = `spec.envFrom[${index}]`;
      return [
        ...(secretRef?.name ? [inputSecret(field, secretRef.name, secretRef)] : []),
        ...(configMapRef?.name ? [inputConfigMap(field, configMapRef.name, configMapRef)] : []),
      ];
    }),
    ...volumes.flatMap(({ name, secret: source, configMap: config }) => {
      const field = `spec.volumes "${name}"`;
      return [
        ...(source?.secretName ? [inputSecret(field, source.secretName, source)] : []),
        ...(config?.name ? [inputConfigMap(field, config.name, config)] : []),
      ];
    }),
  ];
}

type Wanted = { key?: string | undefined; optional?: boolean | undefined };

function inputSecret(field: string, name: string, { key, optional }: Wanted = {}): Reference {
  return secret(field, name, { condition: "SecretResolved", input: true, optional, ...(key && { keys: [key] }) });
}

function inputConfigMap(field: string, name: string, { key, optional }: Wanted = {}): Reference {
  return configMap(field, name, { condition: "ConfigMapResolved", input: true, optional, ...(key && { keys: [key] }) });
}

type Rest = Omit<Reference, "field" | "type" | "name">;

function secret(field: string, name: string, rest: Rest): Reference {
  return { field, type: Secret, name, ...rest };
}

function configMap(field: string, name: string, rest: Rest): Reference {
  return { field, type: ConfigMap, name, ...rest };
}
