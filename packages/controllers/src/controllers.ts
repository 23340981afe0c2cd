import type { Controller } from "@moorage/operator-runtime";
import { McpDevMCPServer, StacklokMCPServer } from "@moorage/resources";
import type { Addressing } from "./mcp-server/address.ts";
import { mcpServerController } from "./mcp-server/controller.ts";
import type { Images } from "./pods/images.ts";
import { webAppController } from "./web-app/controller.ts";

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
    webAppController(options.images),
  ];
}
