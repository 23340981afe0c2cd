import { ErrorCode } from "@moorage/mcp-messages";
import { type Frame, parseFrame } from "../frame.ts";
import { ProxyError } from "../proxy-error.ts";

/** The message in a request body. Throws `ParseError` or `InvalidRequest` with the id, where that could be read. */
export function parsedBody(body: Buffer): Frame {
  const result = parseFrame(body);
  if (result.ok) return result.frame;
  const code = result.error.code === ErrorCode.parseError ? "ParseError" : "InvalidRequest";
  throw new ProxyError(code, result.error.message, { id: result.id });
}
