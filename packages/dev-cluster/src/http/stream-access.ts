import { type IncomingMessage, ServerResponse } from "node:http";
import { ApiError } from "../status/api-error.ts";
import type { ApiServerParts } from "./api-server.ts";
import { Exchange } from "./exchange.ts";
import { authenticate, authorizationOf, authorize } from "./request-access.ts";
import { parseRequest, type ResourcePath } from "./request-info.ts";

/** Lets a connection that is to be upgraded pass the same checks as a plain request. */
export class StreamAccess {
  readonly #parts: ApiServerParts;

  constructor(parts: ApiServerParts) {
    this.#parts = parts;
  }

  /** What the request asks for. @throws ApiError when it may not, or asks for no resource. */
  check(request: IncomingMessage): { path: ResourcePath; query: URLSearchParams } {
    const exchange = new Exchange(
      parseRequest(request.method ?? "GET", request.url ?? "/"),
      request,
      new ServerResponse(request),
    );
    const path = exchange.info.resource;
    if (!path) throw new ApiError(404, "NotFound", "the server could not find the requested resource", {});
    authenticate(this.#parts, exchange, authorizationOf(exchange));
    authorize(this.#parts, exchange);
    return { path, query: exchange.query };
  }
}
