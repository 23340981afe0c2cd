import type { KubeObject, ObservedCondition, ResourceType } from "@moorage/kube-types";
import { ConfigMap, Secret } from "@moorage/kube-types/core-v1";
import type { ClusterView } from "@moorage/operator-runtime";
import { type MCPServer, ToolConfig } from "@moorage/resources";
import { podTemplateCondition } from "../pods/pod-template.ts";

/** An object that a server needs, and the condition that says whether it is there. */
interface Reference {
  field: string;
  type: ResourceType<KubeObject & { data?: unknown }>;
  name: string;
  /** A key of its data that must be there. */
  key?: string;
  condition: "ToolConfigResolved" | "SecretResolved" | "ConfigMapResolved";
}

export interface References {
  toolConfig?: ToolConfig;
  /** One per kind of reference that the spec makes, and one for its pod template. */
  conditions: ObservedCondition[];
  /** The first that does not hold. */
  broken?: ObservedCondition;
}

/** Looks up everything that the spec refers to by name. */
export function resolveReferences(server: MCPServer, cluster: ClusterView): References {
  const { namespace } = server.metadata;
  const problems = referencesOf(server).map((reference) => ({
    reference,
    problem: problemOf(reference, cluster.find(reference.type, { namespace, name: reference.name })),
  }));
  const conditions = [...new Set(problems.map(({ reference }) => reference.condition))].map((type) => {
    const broken = problems.find(({ reference, problem }) => reference.condition === type && problem)?.problem;
    return broken ?? { type, status: "True" as const, reason: "Resolved", message: "Every object referred to exists" };
  });
  const { toolConfigRef } = server.spec;
  const toolConfig = toolConfigRef && cluster.find(ToolConfig, { namespace, name: toolConfigRef.name });
  const podTemplate = podTemplateCondition(server.spec.podTemplateSpec);
  const all = [...conditions, ...(podTemplate ? [podTemplate] : [])];
  const broken = all.find(({ status }) => status === "False");
  return { conditions: all, ...(toolConfig && { toolConfig }), ...(broken && { broken }) };
}

/** Whether `server` names the object, so that a change of it concerns the server. */
export function refersTo(server: MCPServer, type: ResourceType, name: string): boolean {
  return referencesOf(server).some((reference) => reference.type.kind === type.kind && reference.name === name);
}

function problemOf(
  { field, type, name, key, condition }: Reference,
  found: (KubeObject & { data?: unknown }) | undefined,
): ObservedCondition | undefined {
  const problem = (reason: string, message: string) => ({ type: condition, status: "False" as const, reason, message });
  if (!found) {
    return problem(
      `${type.kind}NotFound`,
      `${field} names ${type.kind} "${name}", which does not exist: create it, or correct the name`,
    );
  }
  const keys = typeof found.data === "object" && found.data !== null ? Object.keys(found.data) : [];
  if (key === undefined || keys.includes(key)) return undefined;
  return problem(
    `${type.kind}KeyNotFound`,
    `${field} names key "${key}" of ${type.kind} "${name}", which has ${listed(keys)}`,
  );
}

function listed(keys: string[]): string {
  return keys.length === 0 ? "no keys" : `only ${keys.map((key) => `"${key}"`).join(", ")}`;
}

function referencesOf({ spec }: MCPServer): Reference[] {
  const { toolConfigRef, secretName } = spec;
  return [
    ...(toolConfigRef
      ? [
          {
            field: "spec.toolConfigRef",
            type: ToolConfig,
            name: toolConfigRef.name,
            condition: "ToolConfigResolved" as const,
          },
        ]
      : []),
    ...(secretName ? [secretReference("spec.secretName", secretName)] : []),
    ...envReferences(spec),
    ...envFromReferences(spec),
  ];
}

function envReferences({ env = [] }: MCPServer["spec"]): Reference[] {
  return env.flatMap(({ name, valueFrom }) => {
    const field = `spec.env "${name}"`;
    const { secretKeyRef: secret, configMapKeyRef: configMap } = valueFrom ?? {};
    return [
      ...(secret?.name && !secret.optional ? [{ ...secretReference(field, secret.name), key: secret.key }] : []),
      ...(configMap?.name && !configMap.optional
        ? [{ ...configMapReference(field, configMap.name), key: configMap.key }]
        : []),
    ];
  });
}

function envFromReferences({ envFrom = [] }: MCPServer["spec"]): Reference[] {
  return envFrom.flatMap(({ secretRef, configMapRef }, index) => {
    const field = `spec.envFrom[${index}]`;
    return [
      ...(secretRef?.name && !secretRef.optional ? [secretReference(field, secretRef.name)] : []),
      ...(configMapRef?.name && !configMapRef.optional ? [configMapReference(field, configMapRef.name)] : []),
    ];
  });
}

function secretReference(field: string, name: string): Reference {
  return { field, type: Secret, name, condition: "SecretResolved" };
}

function configMapReference(field: string, name: string): Reference {
  return { field, type: ConfigMap, name, condition: "ConfigMapResolved" };
}
