import type { Condition } from "@moorage/kube-types";
import { Type } from "typebox";

/** `status.conditions` of every kind: a list map of `metav1.Condition` by type. */
export const conditionsSchema = Type.Unsafe<Condition[]>({
  type: "array",
  description: "What is known of the object's current state, one entry per aspect.",
  "x-kubernetes-list-type": "map",
  "x-kubernetes-list-map-keys": ["type"],
  items: {
    type: "object",
    required: ["type", "status", "lastTransitionTime", "reason", "message"],
    properties: {
      type: { type: "string", maxLength: 316 },
      status: { type: "string", enum: ["True", "False", "Unknown"] },
      observedGeneration: { type: "integer", format: "int64", minimum: 0 },
      lastTransitionTime: { type: "string", format: "date-time" },
      reason: { type: "string", minLength: 1, maxLength: 1024 },
      message: { type: "string", maxLength: 32768 },
    },
  },
});

/** The generation of the spec that the status speaks of. */
export const observedGenerationSchema = Type.Integer({
  format: "int64",
  description: "The metadata.generation that this status was computed from.",
});
