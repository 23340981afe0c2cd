import type { MCPServer } from "@moorage/resources";
import type { Connection } from "./connection.ts";

/** The MCPServer of that name, of either group; the one of `mcp.mcp.dev` where both have it. */
export async function findServer({ client, namespace }: Connection, name: string): Promise<MCPServer | undefined> {
  // With all the schemas: half of what every command would load.
  const { McpDevMCPServer, StacklokMCPServer } = await import("@moorage/resources");
  const types = [McpDevMCPServer, StacklokMCPServer];
  const found = await Promise.all(types.map((type) => client.find(type, { namespace, name })));
  return found.find((server) => server !== undefined);
}
