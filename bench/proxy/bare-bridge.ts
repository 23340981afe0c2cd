import { spawn } from "node:child_process";
import { createServer, type ServerResponse } from "node:http";
import { createInterface } from "node:readline";

/**
 * The ceiling: HTTP to one shared stdio server in as few lines as possible. It checks nothing, keeps no sessions and
 * crosses answers of clients that use the same ids, which the load generator does not.
 * Usage: node bare-bridge.ts PORT COMMAND...
 */
const [, , port, program = "", ...args] = process.argv;
const child = spawn(program, args, { stdio: ["pipe", "pipe", "inherit"] });
const waiting = new Map<unknown, ServerResponse>();
createInterface({ input: child.stdout }).on("line", (line) => {
  const { id } = JSON.parse(line);
  waiting.get(id)?.writeHead(200, { "content-type": "application/json", "mcp-session-id": "one" }).end(line);
  waiting.delete(id);
});
createServer((request, response) => {
  let body = "";
  request.setEncoding("utf8").on("data", (chunk) => {
    body += chunk;
  });
  request.on("end", () => {
    const { id } = JSON.parse(body);
    if (id === undefined) response.writeHead(202).end();
    else waiting.set(id, response);
    child.stdin.write(`${body}\n`);
  });
}).listen(Number(port), "127.0.0.1");
process.on("SIGTERM", () => {
  child.kill();
  process.exit(0);
});
