import { McpDevMCPServer, StacklokMCPServer } from "./mcp-server/mcp-server.ts";
import { ToolConfig } from "./tool-config.ts";
import { WebApp } from "./web-app.ts";

// For kinds of others: with the copy of TypeBox that `defineResource` knows.
export { type Static, Type } from "typebox";
export { conditionsSchema } from "./conditions-schema.ts";
export {
  type Column,
  type DefinedResource,
  defineResource,
  type FurtherVersion,
  type Resource,
} from "./define-resource.ts";
export type { MCPServer, MCPServerSpec, MCPServerStatus } from "./mcp-server/mcp-server.ts";
export { proxyFields } from "./mcp-server/spec.ts";
export { McpDevMCPServer, StacklokMCPServer, ToolConfig, WebApp };

/** Every kind of Moorage. */
export const resources = [McpDevMCPServer, StacklokMCPServer, ToolConfig, WebApp];
