import { isNotification, isRequest } from "@moorage/mcp-messages";
import type { Answer, Handler, MessageCall } from "./call.ts";
import type { ModernClients } from "./eras/modern-clients.ts";
import type { Sessions } from "./sessions/sessions.ts";

const accepted: Answer = { status: 202 };

/** Behind all layers: hands each call to the session that it belongs to. */
export function dispatch(sessions: Sessions, modern: ModernClients): Handler {
  return async (call) => {
    call.onAdmitted?.();
    switch (call.kind) {
      case "message":
        return call.era === "modern" ? deliverModern(call, modern) : deliver(call, sessions);
      case "listen":
        // HTTP+SSE opens its stream first and its session on that.
        if (call.transport === "sse" && call.sessionID === undefined) return { status: 200, streaming: true };
        await sessions.get(call.sessionID, call.principal).listen(call.stream, call.lastEventID);
        return { status: 200, streaming: true };
      case "end":
        await sessions.end(call.sessionID, call.principal);
        return { status: 200 };
    }
  };
}

async function deliver(call: MessageCall, sessions: Sessions): Promise<Answer> {
  const { frame, principal, reply } = call;
  const { message } = frame;
  if (isRequest(message) && message.method === "initialize") return sessions.initialize(frame, message, principal);
  const session = sessions.get(call.sessionID, principal);
  if (isRequest(message)) return { status: 200, frame: await session.request(frame, message, reply) };
  if (isNotification(message)) await session.notify(frame, message);
  else await session.respond(frame, message);
  return accepted;
}

async function deliverModern(call: MessageCall, modern: ModernClients): Promise<Answer> {
  const { message } = call.frame;
  return isRequest(message) ? modern.call(call, message) : accepted;
}
