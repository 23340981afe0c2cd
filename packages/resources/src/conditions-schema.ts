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
      type: { type: "string", maxLength: 316, description: "The aspect, for example Ready." },
      status: { type: "string", enum: ["True", "False", "Unknown"], description: "Whether it holds." },
      observedGeneration: {
        type: "integer",
        format: "int64",
        minimum: 0,
        description: "The metadata.generation that was looked at.",
      },
      lastTransitionTime: { type: "string", format: "date-time", description: "When status changed last." },
      reason: { type: "string", minLength: 1, maxLength: 1024, description: "Why, in one stable word." },
      message: { type: "string", maxLength: 32768, description: "Why, for people, and what to do about it." },
    },
  },
});

/** The generation of the spec that the status speaks of. */
export const observedGenerationSchema = Type.Integer({
  format: "int64",
  description: "The metadata.generation that this status was computed from.",
});
