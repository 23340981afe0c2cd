import type { EnvFromSource, EnvVar, PodTemplateSpec, ResourceRequirements } from "@moorage/kube-types/core-v1";
import { Type } from "typebox";

const selector = (description: string) => ({
  type: "object",
  description,
  required: ["name", "key"],
  properties: {
    name: { type: "string", minLength: 1 },
    key: { type: "string", minLength: 1 },
    optional: { type: "boolean", description: "Whether the server may start without it." },
  },
});

/** Environment variables, as in a pod's container. */
export const envSchema = Type.Unsafe<EnvVar[]>({
  type: "array",
  description: "Environment variables of the server, as in a container of a pod.",
  "x-kubernetes-list-type": "map",
  "x-kubernetes-list-map-keys": ["name"],
  items: {
    type: "object",
    required: ["name"],
    properties: {
      name: { type: "string", minLength: 1 },
      value: { type: "string" },
      valueFrom: {
        type: "object",
        description: "Where the value comes from instead.",
        properties: {
          configMapKeyRef: selector("A key of a ConfigMap in the same namespace."),
          secretKeyRef: selector("A key of a Secret in the same namespace."),
          fieldRef: {
            type: "object",
            description: "A field of the pod.",
            required: ["fieldPath"],
            properties: { fieldPath: { type: "string" }, apiVersion: { type: "string" } },
          },
        },
      },
    },
  },
});

const source = (description: string) => ({
  type: "object",
  description,
  required: ["name"],
  properties: { name: { type: "string", minLength: 1 }, optional: { type: "boolean" } },
});

/** Whole ConfigMaps and Secrets as environment variables. */
export const envFromSchema = Type.Unsafe<EnvFromSource[]>({
  type: "array",
  description: "ConfigMaps and Secrets whose every key becomes an environment variable of the server.",
  "x-kubernetes-list-type": "atomic",
  items: {
    type: "object",
    properties: {
      prefix: { type: "string" },
      configMapRef: source("A ConfigMap in the same namespace."),
      secretRef: source("A Secret in the same namespace."),
    },
  },
});

const quantities = {
  type: "object",
  patternProperties: {
    "^.*$": {
      "x-kubernetes-int-or-string": true,
      pattern: "^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$",
    },
  },
};

/** Compute resources of the server's container. */
export const resourcesSchema = Type.Unsafe<ResourceRequirements>({
  type: "object",
  description: "Compute resources of the server's container.",
  properties: {
    limits: { ...quantities, description: 'The most it may use, for example {"cpu": "500m", "memory": "256Mi"}.' },
    requests: { ...quantities, description: "What it is sure to get; the scheduler counts it." },
  },
});

/** A strategic merge patch over a pod template: every field of it. */
export const podTemplateSpecSchema = Type.Unsafe<Partial<PodTemplateSpec>>({
  type: "object",
  description:
    "A strategic merge patch over the server's pod template: nodeSelector, tolerations, sidecars, volumes … The server's container is named \"mcp\".",
  "x-kubernetes-preserve-unknown-fields": true,
});
