import { Type } from "typebox";
import { imageSchema } from "../image-field.ts";
import { envFromSchema, envSchema, podTemplateSpecSchema, resourcesSchema } from "../pod-fields.ts";
import { probeSchema, volumeMountsSchema, volumesSchema } from "../pod-volume-fields.ts";

const probes = Type.Object(
  {
    liveness: Type.Optional(probeSchema("Restarts the server when it fails.")),
    readiness: Type.Optional(probeSchema("Keeps calls away from the server while it fails.")),
    startup: Type.Optional(probeSchema("Holds the other two off until it has succeeded once.")),
  },
  {
    description:
      "Probes of the server in place of the default ones; {} for none. Default: a directly run server answers " +
      "GET /health, one behind the proxy accepts connections, one with transport stdio is not probed.",
  },
);

/** The server itself: what runs, with what, and in which pods. */
export const serverFields = {
  image: imageSchema,
  command: Type.Optional(
    Type.Array(Type.String(), {
      description:
        "The command of the server, in place of the image's own. An OCI image with transport stdio needs it.",
      "x-kubernetes-list-type": "atomic",
    }),
  ),
  args: Type.Optional(
    Type.Array(Type.String(), { description: "Arguments of the server.", "x-kubernetes-list-type": "atomic" }),
  ),
  config: Type.Optional(
    Type.Unsafe<Record<string, unknown>>({
      type: "object",
      description:
        "Settings for the server, of any form. They become config.json of ConfigMap NAME-config, which the server " +
        "finds at $MCP_CONFIG_FILE. A change rolls the server's pods.",
      "x-kubernetes-preserve-unknown-fields": true,
    }),
  ),
  env: Type.Optional(envSchema),
  envFrom: Type.Optional(envFromSchema),
  secretName: Type.Optional(
    Type.String({
      minLength: 1,
      description:
        "A Secret whose every key becomes an environment variable of the server. A change of it rolls the server's pods.",
    }),
  ),
  volumes: Type.Optional(volumesSchema),
  volumeMounts: Type.Optional(volumeMountsSchema),
  probes: Type.Optional(probes),
  resources: Type.Optional(resourcesSchema),
  expectedSessions: Type.Optional(
    Type.Integer({
      format: "int32",
      minimum: 1,
      maximum: 10000,
      description:
        "Sessions at the same time that a pod of the server is made for: its memory follows where spec.resources does " +
        "not say. To a request of 64Mi and a limit of 256Mi each session adds 64Mi and 128Mi with transport stdio (a " +
        "process each), 2Mi and 4Mi with sse, 1Mi and 2Mi with streamable-http. Default: 2 with stdio, else 64.",
    }),
  ),
  computeProfile: Type.Enum(["standard", "intensive"], {
    default: "standard",
    description:
      "How much CPU the server gets where spec.resources does not say: standard requests 50m (100m with transport " +
      "streamable-http) and may use 1, intensive requests 500m and may use 4.",
  }),
  securityProfile: Type.Enum(["restricted", "baseline"], {
    default: "restricted",
    description:
      "The Pod Security Standard that the server's container keeps. An image that must run as root or writes outside " +
      "/tmp needs baseline.",
  }),
  serviceAccountName: Type.Optional(
    Type.String({
      minLength: 1,
      description: "The ServiceAccount of the server's pods. Without one, no token is mounted.",
    }),
  ),
  podTemplateSpec: Type.Optional(podTemplateSpecSchema),
};
