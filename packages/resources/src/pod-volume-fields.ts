import type { Probe, Volume, VolumeMount } from "@moorage/kube-types/core-v1";
import { Type } from "typebox";

/** A probe, as in a pod's container. */
export const probeSchema = (description: string) =>
  Type.Unsafe<Probe>({ type: "object", description, "x-kubernetes-preserve-unknown-fields": true });

/** Volumes, as in a pod. */
export const volumesSchema = Type.Unsafe<Volume[]>({
  type: "array",
  description: "Volumes of the server's pods, as in a pod: ConfigMaps, Secrets, claims, emptyDir …",
  "x-kubernetes-list-type": "map",
  "x-kubernetes-list-map-keys": ["name"],
  items: {
    type: "object",
    "x-kubernetes-preserve-unknown-fields": true,
    required: ["name"],
    properties: { name: { type: "string", minLength: 1, maxLength: 63, description: "What volumeMounts refer to." } },
  },
});

/** Where volumes appear in a container. */
export const volumeMountsSchema = Type.Unsafe<VolumeMount[]>({
  type: "array",
  description: "Where the volumes appear in the server's container.",
  "x-kubernetes-list-type": "map",
  "x-kubernetes-list-map-keys": ["mountPath"],
  items: {
    type: "object",
    required: ["name", "mountPath"],
    properties: {
      name: { type: "string", minLength: 1, description: "The volume's name." },
      mountPath: { type: "string", minLength: 1, description: "The path in the container." },
      readOnly: { type: "boolean", description: "Whether writes are refused." },
      subPath: { type: "string", description: "The path in the volume. Default: its root." },
    },
  },
});
