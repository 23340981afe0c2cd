import type { Static } from "typebox";
import { defineResource, type Resource } from "../define-resource.ts";
import { serviceNameRule } from "../name-rules.ts";
import type { GroupDefaults } from "./network-fields.ts";
import { mcpServerSpec } from "./spec.ts";
import { mcpServerStatus } from "./status.ts";

export type MCPServerSpec = Static<ReturnType<typeof mcpServerSpec>>;
export type MCPServerStatus = Static<typeof mcpServerStatus>;
/** An MCP server and, with most settings, the proxy in front of it. The same in both groups. */
export type MCPServer = Resource<MCPServerSpec, MCPServerStatus>;

const ready = '.status.conditions[?(@.type=="Ready")]';

const define = (group: string, shortNames: string[], defaults: GroupDefaults) =>
  defineResource({
    group,
    version: "v1alpha1",
    kind: "MCPServer",
    plural: "mcpservers",
    shortNames,
    description: "Runs an MCP server and gives it an address.",
    spec: mcpServerSpec(defaults),
    status: mcpServerStatus,
    validations: [serviceNameRule],
    columns: [
      { name: "Phase", type: "string", jsonPath: ".status.phase" },
      { name: "Ready", type: "string", jsonPath: `${ready}.status` },
      { name: "Reason", type: "string", jsonPath: `${ready}.reason` },
      { name: "Replicas", type: "integer", jsonPath: ".spec.replicas" },
      { name: "Available", type: "integer", jsonPath: ".status.availableReplicas" },
      { name: "URL", type: "string", jsonPath: ".status.url" },
      { name: "Transport", type: "string", jsonPath: ".spec.transport", priority: 1 },
      { name: "Image", type: "string", jsonPath: ".spec.image", priority: 1 },
      { name: "Server", type: "string", jsonPath: ".status.serverInfo.name", priority: 1 },
      { name: "Message", type: "string", jsonPath: `${ready}.message`, priority: 1 },
    ],
    scale: {
      specReplicasPath: ".spec.replicas",
      statusReplicasPath: ".status.replicas",
      labelSelectorPath: ".status.selector",
    },
  });

/** MCPServer in `mcp.mcp.dev`: an HTTP server, run directly unless a field needs the proxy. */
export const McpDevMCPServer = define("mcp.mcp.dev", ["mcps"], { transport: "streamable-http" });

/** MCPServer in `mcp.stacklok.com`: always behind the proxy unless told otherwise. */
export const StacklokMCPServer = define("mcp.stacklok.com", ["smcp"], { transport: "stdio", proxyEnabled: true });
