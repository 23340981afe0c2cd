import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StreamableHTTPClientTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js";

/** A session of the official SDK's client, with a bearer token where one is needed. */
export async function openSession(url: string, token?: string): Promise<Client> {
  const client = new Client({ name: "e2e", version: "1.0.0" });
  const headers = token === undefined ? {} : { authorization: `Bearer ${token}` };
  await client.connect(new StreamableHTTPClientTransport(new URL(url), { requestInit: { headers } }));
  return client;
}

/** Ends a session as a client does that means to be gone: the server's process for it ends as well. */
export async function endSession(client: Client): Promise<void> {
  const { transport } = client;
  if (transport instanceof StreamableHTTPClientTransport) await transport.terminateSession();
  await client.close();
}

/** What the `echo` tool of server-everything answers. */
export async function echo(client: Client, message: string): Promise<string> {
  const { content } = await client.callTool({ name: "echo", arguments: { message } });
  return Array.isArray(content) ? content.map((part) => part.text).join("") : "";
}
