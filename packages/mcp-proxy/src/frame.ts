import { type Message, type ParsedMessage, parseMessage } from "@moorage/mcp-messages";

/**
 * A message together with the bytes it came in. Where no layer changes the message the bytes go on as they are:
 * nothing is serialized twice, and numbers or members that we do not understand keep their form.
 */
export interface Frame {
  readonly message: Message;
  /** One JSON text without its line end; absent on a message that we made. */
  readonly raw?: Buffer;
}

export function frameOf(message: Message): Frame {
  return { message };
}

export function bytesOf(frame: Frame): Buffer {
  return frame.raw ?? Buffer.from(JSON.stringify(frame.message));
}

/** Reads the bytes of one message; a refusal holds the JSON-RPC error for the sender. */
export function parseFrame(raw: Buffer): { ok: true; frame: Frame } | Extract<ParsedMessage, { ok: false }> {
  const parsed = parseMessage(raw.toString("utf8"));
  return parsed.ok ? { ok: true, frame: { message: parsed.message, raw } } : parsed;
}
