import { ErrorCode, isErrorResponse, isResponse, type Message } from "@moorage/mcp-messages";
import type { Answer } from "../call.ts";
import { frameOf } from "../frame.ts";

const statuses = new Map<number, number>([
  [ErrorCode.methodNotFound, 404],
  [ErrorCode.headerMismatch, 400],
  [ErrorCode.missingClientCapability, 400],
  [ErrorCode.unsupportedProtocolVersion, 400],
]);

/** A modern answer says in its HTTP status too that a request was malformed. */
export function modernAnswer(message: Message): Answer {
  const failed = isResponse(message) && isErrorResponse(message);
  return { status: (failed && statuses.get(message.error.code)) || 200, frame: frameOf(message) };
}
