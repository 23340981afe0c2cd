import type { IncomingMessage, ServerResponse } from "node:http";

/** What web pages may read of an answer; without this they could not keep their session. */
const exposed = ["Mcp-Session-Id", "MCP-Protocol-Version", "WWW-Authenticate", "Retry-After", "X-Request-Id"].join(
  ", ",
);
const methods = "GET, POST, DELETE";
/** Seconds that browsers keep the answer to a preflight; none keeps it longer than two hours. */
const preflightSeconds = "7200";

/**
 * Lets the web page that asks read the answer: its origin has been checked, see `checkOrigin`. The names that it wants
 * to send are allowed as they are: what they say is judged like anyone else's.
 */
export function allowOrigin(request: IncomingMessage, response: ServerResponse): void {
  const { origin } = request.headers;
  if (origin === undefined) return;
  response.setHeader("access-control-allow-origin", origin);
  response.setHeader("access-control-expose-headers", exposed);
  response.setHeader("vary", "Origin");
}

/** Whether a browser asks before it sends the page's own request. */
export function isPreflight({ method, headers }: IncomingMessage): boolean {
  return method === "OPTIONS" && headers.origin !== undefined && headers["access-control-request-method"] !== undefined;
}

/** Answers without authentication, as browsers send none. https://fetch.spec.whatwg.org/#cors-preflight-fetch */
export function answerPreflight(request: IncomingMessage, response: ServerResponse): void {
  const names = request.headers["access-control-request-headers"];
  response
    .writeHead(204, {
      "access-control-allow-methods": methods,
      ...(names !== undefined && { "access-control-allow-headers": names }),
      "access-control-max-age": preflightSeconds,
    })
    .end();
}
