/**
 * The fastest MCP server over HTTP that we can write: what is measured is the way to it. Legacy era, no sessions.
 * Usage: node echo-http-server.ts PORT
 */
import { createServer } from "node:http";
import { answer } from "./echo.ts";

createServer((request, response) => {
  let body = "";
  request.setEncoding("utf8").on("data", (chunk) => {
    body += chunk;
  });
  request.on("end", () => {
    const text = request.method === "POST" ? answer(body) : "";
    const status = request.method === "POST" ? 202 : 405;
    if (text === "") response.writeHead(status).end();
    else response.writeHead(200, { "content-type": "application/json" }).end(text);
  });
}).listen(Number(process.argv[2]), "127.0.0.1");
