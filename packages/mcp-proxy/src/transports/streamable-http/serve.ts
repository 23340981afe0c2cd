import type { IncomingMessage, ServerResponse } from "node:http";
import { claimsModern, type Era, eraOf, isSupportedVersion, type Message } from "@moorage/mcp-messages";
import type { Call, Handler, ReplyStream } from "../../call.ts";
import type { Frame } from "../../frame.ts";
import { readBody } from "../../http/body.ts";
import { parsedBody } from "../../http/parsed-body.ts";
import { Reply } from "../../http/reply.ts";
import type { ServeContext } from "../../http/serve-context.ts";
import { anonymous } from "../../principal.ts";
import { ProxyError } from "../../proxy-error.ts";

/**
 * The client side of streamable HTTP, both eras on one endpoint.
 * https://modelcontextprotocol.io/specification/2025-11-25/basic/transports#streamable-http
 */
export async function serveStreamableHTTP(
  request: IncomingMessage,
  response: ServerResponse,
  context: ServeContext,
): Promise<void> {
  const reply = replyTo(request, response, context);
  const answer = await context.answerErrors(() => answerTo(request, reply, context));
  reply.finish(answer);
}

function replyTo(request: IncomingMessage, response: ServerResponse, context: ServeContext): Reply {
  const accept = request.headers.accept ?? "*/*";
  const any = accept.includes("*/*");
  return new Reply(response, {
    keepAlive: context.keepAlive,
    events: any || accept.includes("text/event-stream"),
    json: any || accept.includes("application/json"),
    headers: { "x-request-id": context.requestID },
  });
}

function answerTo(request: IncomingMessage, reply: Reply, context: ServeContext): ReturnType<Handler> {
  switch (request.method) {
    case "POST":
      return post(request, reply, context);
    case "GET":
      return context.handle(listenCall(request, reply, context));
    case "DELETE":
      return context.handle({ ...headOf(request, context), kind: "end" });
    default:
      throw methodNotAllowed("POST, GET, DELETE");
  }
}

async function post(request: IncomingMessage, reply: Reply, context: ServeContext): ReturnType<Handler> {
  checkMedia(request);
  const frame = parsedBody(await readBody(request, context.limits.requestBytes));
  // The answer's headers carry the session id.
  if ("method" in frame.message && frame.message.method === "initialize") reply.waitInSilence();
  return context.handle(messageCall(request, { frame, reply, context }));
}

function messageCall(
  request: IncomingMessage,
  { frame, reply, context }: { frame: Frame; reply: ReplyStream; context: ServeContext },
): Call {
  const era = eraOfMessage(frame.message, request.headers["mcp-protocol-version"]);
  return { ...headOf(request, context), kind: "message", era, frame, reply };
}

function listenCall(request: IncomingMessage, reply: Reply, context: ServeContext): Call {
  const head = headOf(request, context);
  if (head.era === "modern") throw methodNotAllowed("POST");
  if (!request.headers.accept?.includes("text/event-stream")) {
    throw new ProxyError("NotAcceptable", "The Accept header must include text/event-stream");
  }
  const lastEventID = request.headers["last-event-id"];
  return { ...head, kind: "listen", lastEventID: lastEventID?.toString(), stream: reply };
}

function headOf(request: IncomingMessage, context: ServeContext) {
  const { headers, url = "/" } = request;
  const version = headers["mcp-protocol-version"]?.toString();
  return {
    requestID: context.requestID,
    transport: "streamable-http" as const,
    era: version === undefined ? ("legacy" as const) : eraOf(version),
    headers,
    url,
    sessionID: headers["mcp-session-id"]?.toString(),
    principal: anonymous,
  };
}

/** A request is modern if its body or its header says so; whether they agree is checked later. */
function eraOfMessage(message: Message, header: string | string[] | undefined): Era {
  const version = header?.toString();
  if ("method" in message && claimsModern(message.params)) return "modern";
  if (version === undefined) return "legacy";
  const initialize = "method" in message && message.method === "initialize";
  if (!initialize && !isSupportedVersion(version) && eraOf(version) === "legacy") {
    throw new ProxyError("SessionRequired", `The protocol version ${JSON.stringify(version)} is not supported`);
  }
  return initialize ? "legacy" : eraOf(version);
}

function checkMedia(request: IncomingMessage): void {
  const type = request.headers["content-type"] ?? "";
  if (!/^application\/json\s*(?:;|$)/i.test(type)) {
    throw new ProxyError(
      "UnsupportedMediaType",
      `The Content-Type must be application/json, but is ${JSON.stringify(type)}`,
    );
  }
  const accept = request.headers.accept ?? "*/*";
  if (!/application\/json|text\/event-stream|\*\/\*|application\/\*/i.test(accept)) {
    throw new ProxyError("NotAcceptable", "The Accept header must include application/json and text/event-stream");
  }
}

function methodNotAllowed(allow: string): ProxyError {
  return new ProxyError("MethodNotAllowed", `Only ${allow} are possible here`, { headers: { allow } });
}
