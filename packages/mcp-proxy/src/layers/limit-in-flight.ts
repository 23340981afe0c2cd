import type { Layer } from "../call.ts";
import { ProxyError } from "../proxy-error.ts";

/** Bounds the messages being worked on. Below authorization: a refused call must not take a slot. */
export function limitInFlight(maximum: () => number): Layer {
  let inFlight = 0;
  return (next) => async (call) => {
    if (call.kind !== "message") return next(call);
    if (inFlight >= maximum()) {
      const text = `${inFlight} requests are in flight already: try again, or raise limits.inFlight`;
      throw new ProxyError("Overloaded", text, { retryAfterSeconds: 1 });
    }
    inFlight += 1;
    try {
      return await next(call);
    } finally {
      inFlight -= 1;
    }
  };
}
