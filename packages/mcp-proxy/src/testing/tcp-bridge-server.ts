import { type ChildProcess, spawn } from "node:child_process";
import { createServer, type Server } from "node:net";

/** What `nc -ll -p PORT -e COMMAND` does in a pod: a process of the command for each connection. */
export class TCPBridgeServer {
  readonly #server: Server;
  readonly #children = new Set<ChildProcess>();
  port = 0;
  /** How many there have been. */
  connections = 0;

  private constructor(command: readonly string[]) {
    const [program = "", ...args] = command;
    this.#server = createServer((socket) => {
      this.connections += 1;
      const child = spawn(program, args, { stdio: ["pipe", "pipe", "ignore"] });
      this.#children.add(child);
      socket.pipe(child.stdin);
      child.stdout.pipe(socket);
      child.stdin.on("error", () => {});
      socket.on("error", () => {});
      socket.on("close", () => child.kill());
      child.on("exit", () => {
        this.#children.delete(child);
        socket.destroy();
      });
    });
  }

  static async start(command: readonly string[], port = 0): Promise<TCPBridgeServer> {
    const bridge = new TCPBridgeServer(command);
    await new Promise<void>((resolve) => bridge.#server.listen(port, "127.0.0.1", resolve));
    const address = bridge.#server.address();
    if (address !== null && typeof address !== "string") bridge.port = address.port;
    return bridge;
  }

  get processes(): number {
    return this.#children.size;
  }

  killAll(): void {
    for (const child of this.#children) child.kill("SIGKILL");
  }

  async stop(): Promise<void> {
    this.killAll();
    await new Promise<void>((resolve) => this.#server.close(() => resolve()));
  }
}
