import { Agent, createServer, request as send } from "node:http";

/**
 * The ceiling of HTTP to HTTP: passes requests on in as few lines as possible, and knows nothing of MCP.
 * Usage: node bare-reverse-proxy.ts PORT UPSTREAM-PORT
 */
const [, , port, upstream] = process.argv;
const agent = new Agent({ keepAlive: true });
createServer((incoming, outgoing) => {
  const { method, url, headers } = incoming;
  const forwarded = send({ agent, host: "127.0.0.1", port: upstream, method, path: url, headers }, (answer) => {
    outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
    answer.pipe(outgoing);
  });
  forwarded.on("error", () => outgoing.destroy());
  incoming.pipe(forwarded);
}).listen(Number(port), "127.0.0.1");
