import type { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { UsageError } from "./usage-error.ts";

/** A session with an MCP server. `end()` tells the server too, so that it need not wait for a time-out. */
export interface Session {
  client: Client;
  end(): Promise<void>;
}

/** Connects to an MCP server over streamable HTTP. The SDK takes a while to load, so only commands that need it pay. */
export async function openSession(url: URL): Promise<Session> {
  const { Client: McpClient } = await import("@modelcontextprotocol/sdk/client/index.js");
  const { StreamableHTTPClientTransport } = await import("@modelcontextprotocol/sdk/client/streamableHttp.js");
  const client = new McpClient({ name: "moorage-cli", version: "0.1.0" });
  const transport = new StreamableHTTPClientTransport(url);
  await client.connect(transport).catch((cause: unknown) => {
    throw new UsageError(`Cannot connect to the MCP server at ${url}: ${reasonOf(cause)}`, { cause });
  });
  return {
    client,
    async end() {
      await transport.terminateSession();
      await client.close();
    },
  };
}

/** `fetch` says why only in the cause. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error ? error.cause.message : error.message;
}
