import type { Activity } from "../activity.ts";
import { type Call, type Handler, type Layer, methodOf } from "../call.ts";
import { ProxyError } from "../proxy-error.ts";
import type { UpstreamWatch } from "../upstream/upstream-watch.ts";

export interface RequireUpstreamOptions {
  readonly watch: UpstreamWatch;
  readonly activity: Activity;
  /** How long a call waits for a server where none is there; 0: only for one that was there a moment ago. */
  readonly holdMs: number;
  /** Calls that may wait at the same time. */
  readonly maximumHeld: number;
}

/**
 * Lets calls through to a server that has answered a handshake. Where there is none they are refused with 503, so that
 * clients wait instead of giving up; or they are held until one is there, so that a server can be scaled to zero and
 * woken by a call. A server that is just being replaced is always waited for.
 */
export function requireUpstream(options: RequireUpstreamOptions): Layer {
  const { activity } = options;
  return (next) => (call) => {
    // Ending a session needs no server.
    if (call.kind === "end") return next(call);
    const pass = () => new HeldCall(call, options).pass(next);
    if (call.kind === "message" && methodOf(call) !== "subscriptions/listen") return activity.during(pass);
    activity.touch();
    return pass();
  };
}

/** One call that waits for a server, once or more often, but no longer than it may altogether. */
class HeldCall {
  readonly #call: Call;
  readonly #options: RequireUpstreamOptions;
  #deadline: number | undefined;

  constructor(call: Call, options: RequireUpstreamOptions) {
    this.#call = call;
    this.#options = options;
  }

  async pass(next: Handler): ReturnType<Handler> {
    const { watch } = this.#options;
    for (;;) {
      if (watch.absent && this.#remainingMs > 0) await this.#wait();
      if (!watch.state.server) throw unavailable(watch);
      try {
        return await next(this.#call);
      } catch (error) {
        // The server went away unnoticed, and has seen nothing of the call.
        if (!(error instanceof ProxyError && error.details.absent) || this.#remainingMs <= 0) throw error;
        watch.missed(error.message);
      }
    }
  }

  get #remainingMs(): number {
    const { watch, holdMs } = this.#options;
    if (holdMs === 0) return watch.graceMs;
    this.#deadline ??= performance.now() + holdMs;
    return this.#deadline - performance.now();
  }

  async #wait(): Promise<void> {
    const { watch, activity, maximumHeld } = this.#options;
    if (activity.held >= maximumHeld) {
      const text = `${activity.held} requests wait for the server already: try again, or raise limits.inFlight`;
      throw new ProxyError("Overloaded", text, { retryAfterSeconds: 1 });
    }
    const gone = new AbortController();
    onGone(this.#call, () => gone.abort());
    const up = await activity.whileHeld(() => watch.up(this.#remainingMs, gone.signal));
    if (gone.signal.aborted) throw new ProxyError("Cancelled", "The client went away");
    if (!up) throw unavailable(watch);
  }
}

/** On HTTP+SSE one stream lasts for all calls of the session, so that nobody goes away from one of them. */
function onGone(call: Call, callback: () => void): void {
  if (call.transport === "sse" || call.kind === "end") return;
  (call.kind === "message" ? call.reply : call.stream).onGone(callback);
}

function unavailable({ state: { error } }: UpstreamWatch): ProxyError {
  const why = error ? error.message : "it has not answered yet";
  return new ProxyError("Unavailable", `The server is not ready: ${why}`, { retryAfterSeconds: 1 });
}
