import { conditionsSchema, defineResource, type Resource, type Static, Type } from "@moorage/resources";

const spec = Type.Object({
  html: Type.String({ maxLength: 100_000, description: "The page." }),
  replicas: Type.Integer({ minimum: 0, maximum: 100, default: 1, description: "Number of pods." }),
});

const status = Type.Object({
  observedGeneration: Type.Optional(Type.Integer({ format: "int64" })),
  availableReplicas: Type.Optional(Type.Integer({ description: "Number of pods that serve the page." })),
  conditions: Type.Optional(conditionsSchema),
});

/** A page to serve. */
export type Website = Resource<Static<typeof spec>, Static<typeof status>>;

export const Website = defineResource({
  group: "example.dev",
  version: "v1",
  kind: "Website",
  plural: "websites",
  shortNames: ["web"],
  categories: [],
  description: "Serves a page.",
  spec,
  status,
  columns: [
    { name: "Ready", type: "string", jsonPath: '.status.conditions[?(@.type=="Ready")].status' },
    { name: "Message", type: "string", jsonPath: '.status.conditions[?(@.type=="Ready")].message' },
  ],
});
