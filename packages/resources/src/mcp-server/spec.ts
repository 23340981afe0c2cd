import { Type } from "typebox";
import { type GroupDefaults, networkFields } from "./network-fields.ts";
import { observabilityFields } from "./observability-fields.ts";
import { authzConfigSchema, oidcConfigSchema, permissionProfileSchema } from "./protection.ts";
import { scalingFields } from "./scaling-fields.ts";
import { serverFields } from "./server-fields.ts";

/** Fields that only the proxy can carry out. Where the group leaves the choice open, one of them brings the proxy. */
export const proxyFields = [
  ...["oidcConfig", "authzConfig", "toolConfigRef", "audit", "telemetry", "rateLimits"],
  ...["sessions", "scaleToZero", "tls"],
] as const;

const needsProxy = (field: string, condition: string) => ({
  rule: `!(${condition}) || !has(self.proxy) || !has(self.proxy.enabled) || self.proxy.enabled`,
  message: `spec.${field} needs the proxy: remove spec.proxy.enabled: false`,
});

const rules = [
  {
    rule: "!has(self.command) || !(self.image.startsWith('npx://') || self.image.startsWith('uvx://'))",
    message: "spec.command replaces the command of an OCI image: give a package its arguments in spec.args",
  },
  {
    rule: "!has(self.scaleToZero) || !has(self.autoscaling) || self.autoscaling.target == 'proxies'",
    message: "spec.scaleToZero and spec.autoscaling of the servers exclude each other: remove one",
  },
  needsProxy("transport: stdio", "self.transport == 'stdio'"),
  ...proxyFields.map((field) => needsProxy(field, `has(self.${field})`)),
];

/** What the proxy lets through, and what the server may do. */
const policyFields = {
  toolConfigRef: Type.Optional(
    Type.Object(
      { name: Type.String({ minLength: 1, description: "The ToolConfig's name." }) },
      { description: "A ToolConfig in the same namespace: which tools clients see, and under which names." },
    ),
  ),
  permissionProfile: Type.Optional(permissionProfileSchema),
  oidcConfig: Type.Optional(oidcConfigSchema),
  authzConfig: Type.Optional(authzConfigSchema),
};

/** `spec` of an MCPServer, for the group with the given defaults. */
export const mcpServerSpec = (defaults: GroupDefaults) =>
  Type.Object(
    { ...serverFields, ...scalingFields, ...networkFields(defaults), ...policyFields, ...observabilityFields },
    { "x-kubernetes-validations": rules },
  );
