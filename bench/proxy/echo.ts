const tools = [{ name: "echo", description: "Echo", inputSchema: { type: "object" } }];

function resultOf(method: string, params: { arguments?: { text?: string }; protocolVersion?: string } = {}): unknown {
  switch (method) {
    case "initialize":
      return {
        protocolVersion: params.protocolVersion,
        capabilities: { tools: {} },
        serverInfo: { name: "echo", version: "1.0.0" },
      };
    case "tools/list":
      return { tools };
    case "tools/call":
      return { content: [{ type: "text", text: params.arguments?.text ?? "" }] };
    default:
      return undefined;
  }
}

/** The answer of an MCP server with one tool to one message, as a line; empty where none is due. */
export function answer(line: string): string {
  const { id, method, params } = JSON.parse(line);
  if (id === undefined) return "";
  const result = resultOf(method, params);
  const error = { code: -32601, message: "Method not found" };
  return `${JSON.stringify({ jsonrpc: "2.0", id, ...(result ? { result } : { error }) })}\n`;
}
