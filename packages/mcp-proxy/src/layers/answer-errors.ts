import { errorResponse, type RequestId } from "@moorage/mcp-messages";
import type { Answer, Call, Layer } from "../call.ts";
import { frameOf } from "../frame.ts";
import type { Log } from "../observability/log.ts";
import { ProxyError } from "../proxy-error.ts";

/** The only place where an error becomes an answer: keep it outermost. What nobody foresaw is logged, and is a 500. */
export function answerErrors(log: Log): Layer {
  return (next) => async (call) => {
    try {
      return await next(call);
    } catch (error) {
      return answerFor(error, { log, requestID: call.requestID, id: idOf(call) });
    }
  };
}

/** The answer to a request that failed with `error`. */
export function answerFor(
  error: unknown,
  { log, requestID, id }: { log: Log; requestID: string; id?: RequestId | undefined },
): Answer {
  if (!(error instanceof ProxyError)) {
    log.error({ err: error, requestID }, "A request failed unexpectedly");
    const message = `Internal error: see the proxy's log for request ${requestID}`;
    return { status: 500, frame: frameOf(errorResponse(id, { code: -32603, message })) };
  }
  const { data, headers, retryAfterSeconds } = error.details;
  const rpcError = { code: error.rpcCode, message: error.message, ...(data !== undefined && { data }) };
  return {
    status: error.status,
    frame: frameOf(errorResponse(error.details.id ?? id, rpcError)),
    headers: { ...headers, ...(retryAfterSeconds !== undefined && { "retry-after": String(retryAfterSeconds) }) },
  };
}

function idOf(call: Call): RequestId | undefined {
  if (call.kind !== "message") return undefined;
  const { message } = call.frame;
  return "method" in message && "id" in message ? message.id : undefined;
}
