import { createServer, type Socket } from "node:net";
import { parseBridgeArguments } from "./arguments.ts";
import { serveConnection } from "./serve-connection.ts";

/**
 * The stdio bridge of the dev cluster: what `nc -ll -p PORT -e PROGRAM ARGUMENT…` of a static busybox is in a pod of
 * a real cluster. It listens (the preload puts it on the pod's address) and runs the program once per connection.
 */
const parsed = parseBridgeArguments(process.argv.slice(2));
if (typeof parsed === "string") {
  process.stderr.write(`${parsed}\n`);
  process.exitCode = 1;
} else {
  serve(parsed.port, parsed.command);
}

function serve(port: number, command: readonly [string, ...string[]]): void {
  const log = (line: string) => process.stderr.write(`${line}\n`);
  const sessions = new Map<Socket, Promise<void>>();
  // Half-open connections: a client may end its requests and still wait for the answers.
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    const session = serveConnection(socket, command, log).finally(() => sessions.delete(socket));
    sessions.set(socket, session);
  });
  server.once("error", (error) => {
    log(`nc: cannot listen on port ${port}: ${error.message}`);
    process.exitCode = 1;
  });
  server.listen(port);

  const stop = () => {
    server.close();
    for (const socket of sessions.keys()) socket.destroy();
    void Promise.all(sessions.values()).then(() => process.exit(0));
  };
  process.once("SIGTERM", stop);
  process.once("SIGINT", stop);
}
