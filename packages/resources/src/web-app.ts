import type { Probe } from "@moorage/kube-types/core-v1";
import { type Static, Type } from "typebox";
import { conditionsSchema, observedGenerationSchema } from "./conditions-schema.ts";
import { defineResource, type Resource } from "./define-resource.ts";
import { imageSchema } from "./image-field.ts";
import { serviceNameRule } from "./name-rules.ts";
import { envFromSchema, envSchema, podTemplateSpecSchema, resourcesSchema } from "./pod-fields.ts";

const probe = (description: string) =>
  Type.Optional(Type.Unsafe<Probe>({ type: "object", description, "x-kubernetes-preserve-unknown-fields": true }));

const spec = Type.Object({
  image: imageSchema,
  replicas: Type.Integer({ format: "int32", minimum: 0, default: 1, description: "Number of pods." }),
  port: Type.Integer({
    format: "int32",
    minimum: 1,
    maximum: 65535,
    default: 80,
    description: "The port that the app listens on and that its Service has.",
  }),
  command: Type.Optional(
    Type.Array(Type.String(), {
      description: "The command of the app, in place of the image's own.",
      "x-kubernetes-list-type": "atomic",
    }),
  ),
  args: Type.Optional(
    Type.Array(Type.String(), { description: "Arguments of the app.", "x-kubernetes-list-type": "atomic" }),
  ),
  env: Type.Optional(envSchema),
  envFrom: Type.Optional(envFromSchema),
  resources: Type.Optional(resourcesSchema),
  probes: Type.Optional(
    Type.Object(
      {
        liveness: probe("Restarts a container that fails it. Default: none."),
        readiness: probe("Keeps traffic from a pod that fails it. Default: whether the port accepts connections."),
        startup: probe("Holds the other probes back until it succeeds. Default: none."),
      },
      { description: "How to tell whether the app works, as in a container of a pod." },
    ),
  ),
  podTemplateSpec: Type.Optional(podTemplateSpecSchema),
});

const status = Type.Object({
  observedGeneration: Type.Optional(observedGenerationSchema),
  phase: Type.Optional(
    Type.String({ description: "Created, Reconciling, WaitingForPodsReady, Ready, Scaling, Failed or Deleting." }),
  ),
  replicas: Type.Optional(Type.Integer({ format: "int32", description: "Number of pods." })),
  availableReplicas: Type.Optional(Type.Integer({ format: "int32", description: "Number of ready pods." })),
  selector: Type.Optional(Type.String({ description: "The label selector of the pods, for autoscalers." })),
  conditions: Type.Optional(conditionsSchema),
});

/** A web app: a Deployment and a Service in front of it (document S3). */
export const WebApp = defineResource({
  group: "example.com",
  version: "v1",
  kind: "WebApp",
  plural: "webapps",
  description: "Runs a web app and gives it an address.",
  spec,
  status,
  validations: [serviceNameRule],
  columns: [
    { name: "Phase", type: "string", jsonPath: ".status.phase" },
    { name: "Replicas", type: "integer", jsonPath: ".spec.replicas" },
    { name: "Available", type: "integer", jsonPath: ".status.availableReplicas" },
    { name: "Image", type: "string", jsonPath: ".spec.image", priority: 1 },
  ],
  scale: {
    specReplicasPath: ".spec.replicas",
    statusReplicasPath: ".status.availableReplicas",
    labelSelectorPath: ".status.selector",
  },
});

export type WebApp = Resource<Static<typeof spec>, Static<typeof status>>;
