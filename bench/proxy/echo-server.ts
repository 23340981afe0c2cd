/** The fastest stdio MCP server we can write: what is measured is the way to it. Legacy era. */
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

function answer(line: string): string {
  const { id, method, params } = JSON.parse(line);
  if (id === undefined) return "";
  const result = resultOf(method, params);
  const error = { code: -32601, message: "Method not found" };
  return `${JSON.stringify({ jsonrpc: "2.0", id, ...(result ? { result } : { error }) })}\n`;
}

let rest = "";
process.stdin.setEncoding("utf8").on("data", (chunk: string) => {
  const lines = (rest + chunk).split("\n");
  rest = lines.pop() ?? "";
  process.stdout.write(lines.map(answer).join(""));
});
process.stdin.on("end", () => process.exit(0));
