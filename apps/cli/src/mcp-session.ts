import type { Client } from "@modelcontextprotocol/sdk/client/index.js";

/** Connects to an MCP server over streamable HTTP. The SDK takes a while to load, so only commands that need it pay. */
export async function openSession(url: URL): Promise<Client> {
  const { Client: McpClient } = await import("@modelcontextprotocol/sdk/client/index.js");
  const { StreamableHTTPClientTransport } = await import("@modelcontextprotocol/sdk/client/streamableHttp.js");
  const client = new McpClient({ name: "moorage-cli", version: "0.1.0" });
  await client.connect(new StreamableHTTPClientTransport(url));
  return client;
}
