import { createServer, type Server, type Socket } from "node:net";
import { isRecord } from "@moorage/mcp-messages";

/** A stdio server behind a TCP bridge that costs no process: hundreds of sessions fit into a test. */
export class LightServer {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  port = 0;

  private constructor() {
    this.#server = createServer((socket) => {
      this.#sockets.add(socket);
      let rest = "";
      socket.setEncoding("utf8").on("data", (chunk: string) => {
        const lines = (rest + chunk).split("\n");
        rest = lines.pop() ?? "";
        for (const line of lines) socket.write(answerTo(JSON.parse(line)));
      });
      socket.on("error", () => {});
      socket.on("close", () => this.#sockets.delete(socket));
    });
  }

  static async start(): Promise<LightServer> {
    const light = new LightServer();
    await new Promise<void>((resolve) => light.#server.listen(0, "127.0.0.1", resolve));
    const address = light.#server.address();
    if (address !== null && typeof address !== "string") light.port = address.port;
    return light;
  }

  /** Sessions that are open now. */
  get sessions(): number {
    return this.#sockets.size;
  }

  stop(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    return new Promise((resolve) => this.#server.close(() => resolve()));
  }
}

function answerTo(message: unknown): string {
  if (!isRecord(message) || message["id"] === undefined) return "";
  const { id, method } = message;
  const answer = { jsonrpc: "2.0", id, ...outcomeOf(method, isRecord(message["params"]) ? message["params"] : {}) };
  return `${JSON.stringify(answer)}\n`;
}

function outcomeOf(method: unknown, params: Record<string, unknown>): object {
  switch (method) {
    case "initialize": {
      const serverInfo = { name: "light", version: "1" };
      return { result: { protocolVersion: params["protocolVersion"], capabilities: { tools: {} }, serverInfo } };
    }
    case "tools/list":
      return { result: { tools: [{ name: "light", inputSchema: { type: "object" } }] } };
    case "tools/call":
      return { result: { content: [{ type: "text", text: "light" }] } };
    default:
      return { error: { code: -32601, message: "Method not found" } };
  }
}
