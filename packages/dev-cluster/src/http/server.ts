import type { IncomingMessage, ServerResponse } from "node:http";
import { createServer, type Server } from "node:https";
import type { ServingCertificate } from "../pki/certificates.ts";
import { ApiError } from "../status/api-error.ts";
import type { ApiServerParts, LogError } from "./api-server.ts";
import { Exchange } from "./exchange.ts";
import { servePodStreams } from "./pod-streams.ts";
import { authenticate, authorizationOf, authorize } from "./request-access.ts";
import { parseRequest } from "./request-info.ts";
import { routePlain } from "./route-plain.ts";
import { routeResource } from "./route-resource.ts";

/** Requests that may be served at once, watches and streams aside. Source: the real server's defaults, summed. */
const maxInFlight = 600;

/** The API over HTTPS. The caller listens. */
export function createApiServer(parts: ApiServerParts, certificate: ServingCertificate, logError: LogError): Server {
  const server = createServer({ cert: certificate.certificate, key: certificate.key, keepAliveTimeout: 120_000 });
  server.on("request", (request: IncomingMessage, response: ServerResponse) => {
    void serve(parts, request, response, logError);
  });
  servePodStreams(parts, server, logError);
  return server;
}

async function serve(
  parts: ApiServerParts,
  request: IncomingMessage,
  response: ServerResponse,
  logError: LogError,
): Promise<void> {
  const exchange = begin(request, response);
  if (!exchange) return;
  const { counters } = parts;
  const isLong = exchange.info.resource?.verb === "watch" || exchange.info.resource?.subresource === "log";
  if (!isLong) counters.started();
  try {
    if (!isLong && counters.inFlight > maxInFlight) throw tooManyRequests();
    authenticate(parts, exchange, authorizationOf(exchange));
    authorize(parts, exchange);
    const { resource } = exchange.info;
    await (resource ? routeResource(parts, exchange, resource) : routePlain(parts, exchange));
  } catch (error) {
    answerError(exchange, error, logError);
  } finally {
    if (!isLong) counters.finished();
    count(parts, exchange);
  }
}

function begin(request: IncomingMessage, response: ServerResponse): Exchange | undefined {
  try {
    return new Exchange(parseRequest(request.method ?? "GET", request.url ?? "/"), request, response);
  } catch {
    // A path that is no path: there is nothing to route, count or authorize.
    response.writeHead(400, { "content-type": "text/plain" }).end("malformed request path\n");
    return undefined;
  }
}

/** The one place where a failure becomes an answer. */
function answerError(exchange: Exchange, error: unknown, logError: LogError): void {
  const { response } = exchange;
  if (response.destroyed || response.headersSent) {
    if (!(error instanceof ApiError) && !response.destroyed) logError("A stream broke off", error);
    response.destroy();
    return;
  }
  if (error instanceof ApiError) {
    exchange.refuse(error);
    return;
  }
  logError(`Cannot answer ${exchange.request.method} ${exchange.info.path}`, error);
  const message = `Internal error occurred: ${error instanceof Error ? error.message : String(error)}`;
  exchange.refuse(new ApiError(500, "InternalError", message, { causes: [{ message }] }));
}

function tooManyRequests(): ApiError {
  const message = "Too many requests, please try again later.";
  return new ApiError(429, "TooManyRequests", message, { retryAfterSeconds: 1 });
}

function count({ counters }: ApiServerParts, { info, response, request }: Exchange): void {
  const { resource } = info;
  counters.count({
    code: String(response.statusCode),
    group: resource?.group ?? "",
    resource: resource?.resource ?? "",
    subresource: resource?.subresource ?? "",
    verb: verbLabel(resource?.verb ?? info.method, request.headers["content-type"] ?? ""),
    version: resource?.version ?? "",
  });
}

const verbLabels: Readonly<Record<string, string>> = {
  create: "POST",
  update: "PUT",
  deletecollection: "DELETECOLLECTION",
};

function verbLabel(verb: string, contentType: string): string {
  if (verb === "patch" && contentType.startsWith("application/apply-patch")) return "APPLY";
  return verbLabels[verb] ?? verb.toUpperCase();
}
