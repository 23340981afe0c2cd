import type { EnvFromSource, EnvVar, PodTemplateSpec, ResourceRequirements } from "@moorage/kube-types/core-v1";
import { Type } from "typebox";

const selector = (kind: "ConfigMap" | "Secret") => ({
  type: "object",
  description: `A key of a ${kind} in the same namespace.`,
  required: ["name", "key"],
  properties: {
    name: { type: "string", minLength: 1, description: `The ${kind}'s name.` },
    key: { type: "string", minLength: 1, description: "The key whose value is taken." },
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
      name: { type: "string", minLength: 1, description: "The variable's name." },
      value: {
        type: "string",
        description: "The value; $(NAME) stands for the variable NAME above it, and $$(NAME) for that text itself.",
      },
      valueFrom: {
        type: "object",
        description: "Where the value comes from instead.",
        properties: {
          configMapKeyRef: selector("ConfigMap"),
          secretKeyRef: selector("Secret"),
          fieldRef: {
            type: "object",
            description: "A field of the pod.",
            required: ["fieldPath"],
            properties: {
              fieldPath: { type: "string", description: "For example metadata.name or status.podIP." },
              apiVersion: { type: "string", description: "The version of the path's schema. Default: v1." },
            },
          },
        },
      },
    },
  },
});

const source = (kind: "ConfigMap" | "Secret") => ({
  type: "object",
  description: `A ${kind} in the same namespace.`,
  required: ["name"],
  properties: {
    name: { type: "string", minLength: 1, description: `The ${kind}'s name.` },
    optional: { type: "boolean", description: "Whether the server may start without it." },
  },
});

/** Whole ConfigMaps and Secrets as environment variables. */
export const envFromSchema = Type.Unsafe<EnvFromSource[]>({
  type: "array",
  description: "ConfigMaps and Secrets whose every key becomes an environment variable of the server.",
  "x-kubernetes-list-type": "atomic",
  items: {
    type: "object",
    properties: {
      prefix: { type: "string", description: "Put before every key." },
      configMapRef: source("ConfigMap"),
      secretRef: source("Secret"),
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
