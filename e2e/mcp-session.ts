import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StreamableHTTPClientTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js";

/** A session of the official SDK's client. */
export async function openSession(url: string): Promise<Client> {
  const client = new Client({ name: "e2e", version: "1.0.0" });
  await client.connect(new StreamableHTTPClientTransport(new URL(url)));
  return client;
}

/** What the `echo` tool of server-everything answers. */
export async function echo(client: Client, message: string): Promise<string> {
  const { content } = await client.callTool({ name: "echo", arguments: { message } });
  return Array.isArray(content) ? content.map((part) => part.text).join("") : "";
}
