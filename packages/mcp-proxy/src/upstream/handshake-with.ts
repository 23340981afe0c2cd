import { createLog } from "../observability/log.ts";
import type { Upstream } from "../run-config/upstream-schema.ts";
import { connectTo } from "./connect.ts";
import { type HandshakeOptions, type HandshakeResult, shakeHands } from "./handshake.ts";

const maximumBytes = 16 * 1024 * 1024;

/**
 * Shakes hands with a server that no proxy stands before: `server/discover` or `initialize`, then `tools/list`.
 * Never rejects; nothing is left of the conversation afterwards.
 */
export function handshake(upstream: Upstream, options: HandshakeOptions = {}): Promise<HandshakeResult> {
  const log = createLog("handshake", "silent");
  return shakeHands(connectTo(upstream, { environment: {}, maximumBytes: () => maximumBytes, log }), options);
}
