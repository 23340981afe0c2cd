import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from "node:http";
import { metadataPath } from "../auth/resource-metadata.ts";
import type { Answer, Handler } from "../call.ts";
import { answerFor } from "../layers/answer-errors.ts";
import type { Log } from "../observability/log.ts";
import { ProxyError } from "../proxy-error.ts";
import type { Limits } from "../settings.ts";
import { serveEventStream, serveMessages } from "../transports/sse/serve.ts";
import { serveStreamableHTTP } from "../transports/streamable-http/serve.ts";
import { allowOrigin, answerPreflight, isPreflight } from "./cors.ts";
import type { KeepAlive } from "./keep-alive.ts";
import { checkOrigin, type OriginRules } from "./origin.ts";
import { Reply } from "./reply.ts";
import { requestIDOf, withRequestID } from "./request-id.ts";
import type { ServeContext, ServeTransport } from "./serve-context.ts";

/** Everything that may change while the proxy runs. */
export interface FrontSettings {
  readonly limits: Limits;
  readonly origins: OriginRules;
  readonly handle: Handler;
  /** Told of requests that never become calls, because of where they come from or whom they are for. */
  readonly foreign: (requestID: string, refusal: ProxyError, headers: IncomingHttpHeaders) => void;
  /** RFC 9728 metadata; undefined where no authentication is configured. */
  readonly resourceMetadata: (headers: IncomingHttpHeaders) => Record<string, unknown> | undefined;
}

export interface FrontOptions {
  readonly settings: () => FrontSettings;
  readonly keepAlive: KeepAlive;
  readonly log: Log;
}

const transports: Readonly<Record<string, ServeTransport>> = {
  "/": serveStreamableHTTP,
  "/mcp": serveStreamableHTTP,
  "/sse": serveEventStream,
  "/messages": serveMessages,
};

/** The side that clients see: checks where a request comes from, and gives it to the transport of its path. */
export async function serveFront(
  request: IncomingMessage,
  response: ServerResponse,
  options: FrontOptions,
): Promise<void> {
  const { settings, keepAlive, log } = options;
  const { limits, origins, handle, foreign, resourceMetadata } = settings();
  const path = pathOf(request);
  if (path === metadataPath || path.startsWith(`${metadataPath}/`)) {
    serveMetadata(response, resourceMetadata(request.headers));
    return;
  }
  const requestID = requestIDOf(request);
  const answerErrors = (answer: () => Promise<Answer>) =>
    startPromise(answer).catch((error: unknown) => answerFor(error, { log, requestID }));
  const context: ServeContext = { requestID, limits, keepAlive, handle, answerErrors };
  const refusal = refusalOf(request, path, origins);
  if (refusal) {
    const reply = new Reply(response, { keepAlive, events: false, json: true, headers: { "x-request-id": requestID } });
    log.warn({ requestID, reason: refusal.message }, "Refused");
    if (refusal.code !== "NotFound") foreign(requestID, refusal, request.headers);
    reply.finish(answerFor(refusal, { log, requestID }));
    return;
  }
  allowOrigin(request, response);
  if (isPreflight(request)) return answerPreflight(request, response);
  await withRequestID(requestID, async () => transports[path]?.(request, response, context));
}

/** Public by its nature, so that any client, web pages included, finds out how to authenticate. */
function serveMetadata(response: ServerResponse, metadata: Record<string, unknown> | undefined): void {
  const body = JSON.stringify(metadata ?? { error: "This server needs no authentication" });
  const headers = { "content-type": "application/json", "access-control-allow-origin": "*" };
  response.writeHead(metadata ? 200 : 404, headers).end(body);
}

/** `answer` may throw before it returns a promise. */
async function startPromise(answer: () => Promise<Answer>): Promise<Answer> {
  return answer();
}

function refusalOf(request: IncomingMessage, path: string, origins: OriginRules): ProxyError | undefined {
  try {
    checkOrigin(request.headers, origins);
  } catch (error) {
    if (error instanceof ProxyError) return error;
    throw error;
  }
  if (Object.hasOwn(transports, path)) return undefined;
  return new ProxyError("NotFound", `There is no ${path} here: the endpoints are /mcp and /sse`);
}

function pathOf(request: IncomingMessage): string {
  return (request.url ?? "/").split("?", 1)[0] ?? "/";
}
