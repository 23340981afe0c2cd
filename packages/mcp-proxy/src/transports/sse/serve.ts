import type { IncomingMessage, ServerResponse } from "node:http";
import { encodeEvent } from "@moorage/mcp-messages";
import type { Answer, Call } from "../../call.ts";
import type { Frame } from "../../frame.ts";
import { readBody } from "../../http/body.ts";
import { parsedBody } from "../../http/parsed-body.ts";
import { Reply } from "../../http/reply.ts";
import type { ServeContext } from "../../http/serve-context.ts";
import { anonymous } from "../../principal.ts";
import { ProxyError } from "../../proxy-error.ts";

/** One client of HTTP+SSE: its stream, and its session once it has sent `initialize`. */
interface Client {
  readonly stream: Reply;
  sessionID: string | undefined;
}

/** Streams by the id in their `endpoint` event: a secret, as whoever knows it can speak in the client's name. */
const clients = new Map<string, Client>();
const statusesOfHTTP = new Set([400, 401, 403, 404, 413, 415, 429, 500, 503]);

/**
 * `GET /sse` of HTTP+SSE (2024-11-05): opens the stream, names the URL for the client's messages, and ends the session
 * when the client goes. https://modelcontextprotocol.io/specification/2024-11-05/basic/transports#http-with-sse
 */
export async function serveEventStream(
  request: IncomingMessage,
  response: ServerResponse,
  context: ServeContext,
): Promise<void> {
  const stream = replyOf(response, context, { events: true });
  const answer = await context.answerErrors(async () => {
    if (request.method !== "GET")
      throw new ProxyError("MethodNotAllowed", "Only GET is possible here", { headers: { allow: "GET" } });
    return context.handle({ ...headOf(request, context), kind: "listen", lastEventID: undefined, stream });
  });
  if (!answer.streaming) return stream.finish(answer);
  const id = crypto.randomUUID();
  const client: Client = { stream, sessionID: undefined };
  clients.set(id, client);
  stream.onGone(() => {
    clients.delete(id);
    if (client.sessionID === undefined) return;
    void context.answerErrors(() => context.handle({ ...headOf(request, context, client), kind: "end" }));
  });
  stream.open();
  response.write(encodeEvent({ event: "endpoint", data: `/messages?sessionId=${id}` }));
}

/** `POST /messages`: answers 202 as soon as the message is let through; the answer comes on the stream. */
export async function serveMessages(
  request: IncomingMessage,
  response: ServerResponse,
  context: ServeContext,
): Promise<void> {
  const reply = replyOf(response, context, { events: false });
  let accepted = false;
  const accept = () => {
    if (!accepted) reply.finish({ status: 202 });
    accepted = true;
  };
  let client: Client | undefined;
  const answer = await context.answerErrors(async () => {
    if (request.method !== "POST")
      throw new ProxyError("MethodNotAllowed", "Only POST is possible here", { headers: { allow: "POST" } });
    client = clientOf(request);
    const frame = parsedBody(await readBody(request, context.limits.requestBytes));
    return deliver(frame, { request, client, context, accept });
  });
  if (!accepted && statusesOfHTTP.has(answer.status)) return reply.finish(answer);
  accept();
  if (answer.frame) client?.stream.emit(answer.frame);
}

interface Delivery {
  readonly request: IncomingMessage;
  readonly client: Client;
  readonly context: ServeContext;
  readonly accept: () => void;
}

async function deliver(frame: Frame, { request, client, context, accept }: Delivery): Promise<Answer> {
  const head = headOf(request, context, client);
  const call: Call = { ...head, kind: "message", frame, reply: client.stream, onAdmitted: accept };
  const answer = await context.handle(call);
  const session = answer.headers?.["mcp-session-id"];
  if (session === undefined) return answer;
  client.sessionID = session;
  await context.handle({
    ...headOf(request, context, client),
    kind: "listen",
    lastEventID: undefined,
    stream: client.stream,
  });
  return answer;
}

function clientOf(request: IncomingMessage): Client {
  const id = new URL(request.url ?? "/", "http://proxy").searchParams.get("sessionId");
  const client = id === null ? undefined : clients.get(id);
  if (!client) throw new ProxyError("SessionNotFound", "There is no such stream: open GET /sse again");
  return client;
}

function headOf(request: IncomingMessage, context: ServeContext, client?: Client) {
  return {
    requestID: context.requestID,
    transport: "sse" as const,
    era: "legacy" as const,
    headers: request.headers,
    url: request.url ?? "/",
    sessionID: client?.sessionID,
    principal: anonymous,
  };
}

function replyOf(response: ServerResponse, context: ServeContext, { events }: { events: boolean }): Reply {
  return new Reply(response, {
    keepAlive: context.keepAlive,
    events,
    json: true,
    headers: { "x-request-id": context.requestID },
  });
}
