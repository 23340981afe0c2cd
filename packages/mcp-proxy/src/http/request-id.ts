import { AsyncLocalStorage } from "node:async_hooks";
import type { IncomingMessage } from "node:http";

const current = new AsyncLocalStorage<string>();

/** The client's own id where it is a short word, else a new one: it goes into logs and headers. */
export function requestIDOf(request: IncomingMessage): string {
  const given = request.headers["x-request-id"];
  return typeof given === "string" && /^[\w.:-]{1,128}$/.test(given) ? given : crypto.randomUUID();
}

/** Runs `action`, and all that it starts, on behalf of the request. */
export function withRequestID<T>(requestID: string, action: () => T): T {
  return current.run(requestID, action);
}

/** The id of the client's request that is being worked on; undefined for what the proxy does on its own account. */
export function currentRequestID(): string | undefined {
  return current.getStore();
}
