import { createServer, type Server, type Socket } from "node:net";
import { isRecord } from "@moorage/mcp-messages";

export type ServerEra = "legacy" | "modern";

/** Shakes hands properly behind a TCP bridge, and answers every call with whatever a test gives it, line by line. */
export class ChaoticServer {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  readonly #era: ServerEra;
  /** What comes before the answer of the next calls; "$ID" stands for the call's id. */
  lines: readonly string[] = [];
  port = 0;

  private constructor(era: ServerEra) {
    this.#era = era;
    this.#server = createServer((socket) => {
      this.#sockets.add(socket);
      let rest = "";
      socket.setEncoding("utf8").on("data", (chunk: string) => {
        const lines = (rest + chunk).split("\n");
        rest = lines.pop() ?? "";
        for (const line of lines) this.#answer(socket, JSON.parse(line));
      });
      socket.on("error", () => {});
      socket.on("close", () => this.#sockets.delete(socket));
    });
  }

  static async start(era: ServerEra): Promise<ChaoticServer> {
    const chaotic = new ChaoticServer(era);
    await new Promise<void>((resolve) => chaotic.#server.listen(0, "127.0.0.1", resolve));
    const address = chaotic.#server.address();
    if (address !== null && typeof address !== "string") chaotic.port = address.port;
    return chaotic;
  }

  stop(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    return new Promise((resolve) => this.#server.close(() => resolve()));
  }

  #answer(socket: Socket, message: unknown): void {
    if (!isRecord(message) || message["id"] === undefined || message["method"] === undefined) return;
    const { id, method } = message;
    const say = (result: object) => socket.write(`${JSON.stringify({ jsonrpc: "2.0", id, result })}\n`);
    const known = this.#handshake(method, isRecord(message["params"]) ? message["params"] : {});
    if (known) return void say(known);
    for (const line of this.lines) socket.write(`${line.replaceAll('"$ID"', JSON.stringify(id))}\n`);
    say({ resultType: "complete", content: [{ type: "text", text: "done" }] });
  }

  #handshake(method: unknown, params: Record<string, unknown>): object | undefined {
    const capabilities = { tools: {} };
    const serverInfo = { name: "chaos", version: "1" };
    if (method === "tools/list") return { resultType: "complete", tools: [] };
    if (this.#era === "modern") {
      const _meta = { "io.modelcontextprotocol/serverInfo": serverInfo };
      const discovered = { resultType: "complete", supportedVersions: ["2026-07-28"], capabilities, _meta };
      return method === "server/discover" ? discovered : undefined;
    }
    return method === "initialize"
      ? { protocolVersion: params["protocolVersion"], capabilities, serverInfo }
      : undefined;
  }
}
