/**
 * The legacy fixture over streamable HTTP as an official SDK speaks it, a process per session. Our own proxy in front of
 * the fixture would not do: it speaks both eras, so the one that is tested would choose the modern one.
 *
 * Usage: node tools/test-mcp/legacy-http-server.ts PORT COMMAND...
 */
import { spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { createServer } from "node:http";
import { createInterface } from "node:readline";
import { StreamableHTTPServerTransport } from "@modelcontextprotocol/sdk/server/streamableHttp.js";
import { type JSONRPCMessage, JSONRPCMessageSchema } from "@modelcontextprotocol/sdk/types.js";

const [, , port, program = "", ...args] = process.argv;
const sessions = new Map<string, StreamableHTTPServerTransport>();

createServer(async (request, response) => {
  const id = request.headers["mcp-session-id"];
  if (typeof id !== "string") return (await newSession()).handleRequest(request, response);
  const known = sessions.get(id);
  if (known) return known.handleRequest(request, response);
  response.writeHead(404).end();
}).listen(Number(port), "127.0.0.1");
process.on("SIGTERM", () => process.exit(0));

async function newSession(): Promise<StreamableHTTPServerTransport> {
  const transport = new StreamableHTTPServerTransport({
    sessionIdGenerator: randomUUID,
    onsessioninitialized: (id) => {
      sessions.set(id, transport);
    },
  });
  const child = spawn(program, args, { stdio: ["pipe", "pipe", "ignore"] });
  const waiting = new Set<string | number>();
  transport.onmessage = (message: JSONRPCMessage) => {
    if ("method" in message && "id" in message) waiting.add(message.id);
    child.stdin.write(`${JSON.stringify(message)}\n`);
  };
  transport.onclose = () => child.kill();
  createInterface({ input: child.stdout }).on("line", (line) => {
    const message = JSONRPCMessageSchema.parse(JSON.parse(line));
    if ("id" in message && message.id !== undefined && !("method" in message)) waiting.delete(message.id);
    // A stdio server does not say which request a message is about; where there is one only, it is that.
    const [only, ...others] = waiting;
    const related = "method" in message && only !== undefined && others.length === 0 ? { relatedRequestId: only } : {};
    void transport.send(message, related);
  });
  await transport.start();
  return transport;
}
