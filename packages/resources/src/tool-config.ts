import { type Static, Type } from "typebox";
import { conditionsSchema, observedGenerationSchema } from "./conditions-schema.ts";
import { defineResource, type Resource } from "./define-resource.ts";

const toolOverride = Type.Object({
  name: Type.Optional(
    Type.String({ minLength: 1, maxLength: 128, description: "The name that clients see and call." }),
  ),
  description: Type.Optional(Type.String({ description: "The description that clients see." })),
});

const valid = '.status.conditions[?(@.type=="Valid")]';

const toolConfigSpec = Type.Object({
  filter: Type.Optional(
    Type.Array(Type.String({ minLength: 1 }), {
      description: "The tools that clients see, by the server's own names. Empty or absent: all of them.",
      "x-kubernetes-list-type": "atomic",
    }),
  ),
  override: Type.Optional(
    Type.Record(Type.String(), toolOverride, {
      description: "Other names and descriptions, by the server's own tool name.",
    }),
  ),
});

const toolConfigStatus = Type.Object({
  observedGeneration: Type.Optional(observedGenerationSchema),
  configHash: Type.Optional(
    Type.String({ description: "Differs when spec does: tells whether an MCPServer uses this version." }),
  ),
  servers: Type.Optional(
    Type.Array(Type.String(), {
      description: "The MCPServers of either group that refer to it, as mcpservers.GROUP/NAME; the first 250 by name.",
      "x-kubernetes-list-type": "atomic",
    }),
  ),
  serverCount: Type.Optional(
    Type.Integer({ format: "int32", description: "The number of MCPServers that refer to it." }),
  ),
  conditions: Type.Optional(conditionsSchema),
});

/** Which tools of a server clients see, and under which names. */
export const ToolConfig = defineResource({
  group: "mcp.stacklok.com",
  version: "v1alpha1",
  kind: "ToolConfig",
  plural: "toolconfigs",
  shortNames: ["tc"],
  description: "Which tools of an MCP server clients see, and under which names.",
  spec: toolConfigSpec,
  status: toolConfigStatus,
  columns: [
    { name: "Valid", type: "string", jsonPath: `${valid}.status` },
    { name: "Reason", type: "string", jsonPath: `${valid}.reason` },
    { name: "Servers", type: "integer", jsonPath: ".status.serverCount" },
    { name: "Hash", type: "string", jsonPath: ".status.configHash", priority: 1 },
    { name: "Message", type: "string", jsonPath: `${valid}.message`, priority: 1 },
  ],
});

export type ToolConfig = Resource<Static<typeof toolConfigSpec>, Static<typeof toolConfigStatus>>;
