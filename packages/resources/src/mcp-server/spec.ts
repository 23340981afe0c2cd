import { Type } from "typebox";
import { imageSchema } from "../image-field.ts";
import { envFromSchema, envSchema, podTemplateSpecSchema, resourcesSchema } from "../pod-fields.ts";
import { authzConfigSchema, oidcConfigSchema, permissionProfileSchema } from "./protection.ts";

/** The defaults in which the API groups differ; all else is one schema. */
export interface GroupDefaults {
  transport: "stdio" | "streamable-http";
  /** Absent: the proxy runs when the transport is stdio or a field needs it. */
  proxyEnabled?: boolean;
}

const port = (description: string) => Type.Integer({ format: "int32", minimum: 1, maximum: 65535, description });

const proxySchema = (enabled: boolean | undefined) =>
  Type.Object(
    {
      enabled: Type.Optional(
        Type.Boolean({
          ...(enabled !== undefined && { default: enabled }),
          description:
            "Whether clients reach the server through Moorage's proxy. " +
            "Without a value, the proxy runs when the transport is stdio or a field needs it.",
        }),
      ),
      replicas: Type.Optional(
        Type.Integer({ format: "int32", minimum: 0, default: 1, description: "Number of proxy pods." }),
      ),
    },
    { description: "The proxy in front of the server.", ...(enabled !== undefined && { default: {} }) },
  );

const needsProxy = (field: string, condition: string) => ({
  rule: `!(${condition}) || !has(self.proxy) || !has(self.proxy.enabled) || self.proxy.enabled`,
  message: `spec.${field} needs the proxy: remove spec.proxy.enabled: false`,
});

const specRules = [
  {
    rule: "!has(self.command) || !(self.image.startsWith('npx://') || self.image.startsWith('uvx://'))",
    message: "spec.command replaces the command of an OCI image: give a package its arguments in spec.args",
  },
  needsProxy("transport: stdio", "self.transport == 'stdio'"),
  needsProxy("oidcConfig", "has(self.oidcConfig)"),
  needsProxy("authzConfig", "has(self.authzConfig)"),
  needsProxy("toolConfigRef", "has(self.toolConfigRef)"),
];

/** The server itself: what runs, and how many of it. */
const workload = {
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
  replicas: Type.Integer({ format: "int32", minimum: 0, default: 1, description: "Number of server pods." }),
  env: Type.Optional(envSchema),
  envFrom: Type.Optional(envFromSchema),
  secretName: Type.Optional(
    Type.String({
      minLength: 1,
      description: "A Secret whose every key becomes an environment variable of the server.",
    }),
  ),
  resources: Type.Optional(resourcesSchema),
  serviceAccountName: Type.Optional(
    Type.String({
      minLength: 1,
      description: "The ServiceAccount of the server's pods. Without one, no token is mounted.",
    }),
  ),
  podTemplateSpec: Type.Optional(podTemplateSpecSchema),
};

/** How the server is reached. */
const network = ({ transport, proxyEnabled }: GroupDefaults) => ({
  transport: Type.Enum(["stdio", "sse", "streamable-http"], {
    default: transport,
    description: "How the server speaks MCP. Clients of the proxy may use any transport but stdio, whatever it is.",
  }),
  port: Type.Integer({ ...port("The port that clients connect to."), default: 8080 }),
  targetPort: Type.Optional(
    port(
      "The port that the server listens on. Default: spec.port. " +
        "With transport stdio it is the port between proxy and server.",
    ),
  ),
  path: Type.Optional(
    Type.String({
      pattern: "^/.*$",
      maxLength: 1024,
      description: "The path of the server's MCP endpoint. Default: /mcp, and /sse with transport sse.",
    }),
  ),
  serviceType: Type.Enum(["ClusterIP", "NodePort", "LoadBalancer"], {
    default: "ClusterIP",
    description: "The type of the Service that clients reach.",
  }),
  proxy: Type.Optional(proxySchema(proxyEnabled)),
});

/** What the proxy lets through, and what the server may do. */
const policy = {
  toolConfigRef: Type.Optional(
    Type.Object(
      { name: Type.String({ minLength: 1 }) },
      { description: "A ToolConfig in the same namespace: which tools clients see, and under which names." },
    ),
  ),
  permissionProfile: Type.Optional(permissionProfileSchema),
  oidcConfig: Type.Optional(oidcConfigSchema),
  authzConfig: Type.Optional(authzConfigSchema),
};

/** `spec` of an MCPServer, for the group with the given defaults. */
export const mcpServerSpec = (defaults: GroupDefaults) =>
  Type.Object({ ...workload, ...network(defaults), ...policy }, { "x-kubernetes-validations": specRules });
