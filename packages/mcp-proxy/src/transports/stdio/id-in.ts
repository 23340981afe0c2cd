import { isRequest, type RequestId } from "@moorage/mcp-messages";
import { parseFrame } from "../../frame.ts";

/**
 * The id of a message of which only the first and the last bytes are left; undefined where it is not among them.
 * Programs write `id` first or last, never in the middle of the rest: enough to fail the one call.
 */
export function idIn(head: Buffer, tail: Buffer): RequestId | undefined {
  const pattern = /"id"\s*:\s*("(?:[^"\\]|\\.)*"|-?\d+)/;
  const first = /^\s*\{[^{[]*/.exec(head.toString("latin1"))?.[0] ?? "";
  const last = /[^}\]]*\}\s*$/.exec(tail.toString("latin1"))?.[0] ?? "";
  const found = pattern.exec(first)?.[1] ?? pattern.exec(last)?.[1];
  if (found === undefined) return undefined;
  const parsed = parseFrame(Buffer.from(`{"jsonrpc":"2.0","method":"x","id":${found}}`, "latin1"));
  return parsed.ok && isRequest(parsed.frame.message) ? parsed.frame.message.id : undefined;
}
