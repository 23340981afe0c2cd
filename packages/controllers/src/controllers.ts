import type { Controller, Conversion, Webhook } from "@moorage/operator-runtime";
import { McpDevMCPServer, StacklokMCPServer } from "@moorage/resources";
import type { Addressing } from "./mcp-server/address.ts";
import { mcpServerController } from "./mcp-server/controller.ts";
import { mcpServerWebhook } from "./mcp-server/webhook.ts";
import type { Images } from "./pods/images.ts";
import { toolConfigController } from "./tool-config/controller.ts";
import { toolConfigWebhook } from "./tool-config/webhook.ts";
import { webAppController } from "./web-app/controller.ts";
import { webAppWebhook } from "./web-app/webhook.ts";

export interface ControllersOptions {
  images: Images;
  /** How `status.url` names a Service. */
  addressing: Addressing;
}

/** Every controller of Moorage. */
export function controllersOf(options: ControllersOptions): Controller[] {
  return [
    mcpServerController(McpDevMCPServer, { ...options, name: "mcp-dev-mcp-server" }),
    mcpServerController(StacklokMCPServer, { ...options, name: "stacklok-mcp-server" }),
    toolConfigController,
    webAppController(options.images),
  ];
}

/** Every admission webhook of Moorage. */
export function webhooks(): Webhook[] {
  return [mcpServerWebhook(McpDevMCPServer), mcpServerWebhook(StacklokMCPServer), toolConfigWebhook, webAppWebhook];
}

/** Every conversion of Moorage: none, as each of its kinds has one version so far. */
export const conversions: readonly Conversion[] = [];
