import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StreamableHTTPClientTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js";

/** Lists the server's tools and calls two of them. @throws Error when an answer is not what the tool should say. */
export async function callTools(url: string): Promise<void> {
  const client = new Client({ name: "moorage-demo", version: "1.0.0" });
  const transport = new StreamableHTTPClientTransport(new URL(url));
  await client.connect(transport);
  const { tools } = await client.listTools();
  console.log(`    ${tools.length} tools: ${tools.map(({ name }) => name).join(", ")}`);
  await call(client, { name: "echo", arguments: { message: "first light" }, expected: "first light" });
  await call(client, { name: "get-sum", arguments: { a: 20, b: 22 }, expected: "42" });
  await transport.terminateSession();
  await client.close();
}

async function call(
  client: Client,
  { expected, ...request }: { name: string; arguments: Record<string, unknown>; expected: string },
): Promise<void> {
  const { content } = await client.callTool(request);
  const text = Array.isArray(content) ? content.map((part) => part.text).join("") : "";
  console.log(`    ${request.name}(${JSON.stringify(request.arguments)}) → ${text}`);
  if (!text.includes(expected))
    throw new Error(`Tool "${request.name}" answered "${text}", which does not hold "${expected}"`);
}
