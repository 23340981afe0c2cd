import type { Layer } from "../call.ts";
import { ProxyError } from "../proxy-error.ts";
import type { UpstreamWatch } from "../upstream/upstream-watch.ts";

/** Refuses calls with 503 until the server has answered once, so that clients wait instead of giving up. */
export function requireUpstream(watch: UpstreamWatch): Layer {
  return (next) => async (call) => {
    const { server, error } = watch.state;
    if (server) return next(call);
    const why = error ? error.message : "it has not answered yet";
    throw new ProxyError("Unavailable", `The server is not ready: ${why}`, { retryAfterSeconds: 1 });
  };
}
