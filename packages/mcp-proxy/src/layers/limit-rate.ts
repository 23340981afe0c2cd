import type { Call, Layer } from "../call.ts";
import { ProxyError } from "../proxy-error.ts";
import type { Rate, RateLimits } from "../run-config/security-schema.ts";
import { toolOf } from "./record-calls.ts";

/** Buckets that are kept: a client with ever new names would fill the memory. */
const maximumBuckets = 10_000;

interface Bucket {
  tokens: number;
  /** Milliseconds of the clock. */
  at: number;
}

/** Token buckets for the server, each principal, and each principal's use of a tool. Only requests count. */
export function limitRate(limits: RateLimits | undefined, now: () => number = () => performance.now()): Layer {
  if (!limits) return (next) => next;
  const buckets = new Buckets(now);
  return (next) => async (call) => {
    if (isRequest(call)) {
      const { id } = call.principal;
      const tool = toolOf(call);
      const toolLimit = tool === undefined ? undefined : limits.tools?.[tool];
      buckets.take(limits.server, "server", "this server");
      buckets.take(limits.perPrincipal, `principal\0${id}`, "you");
      buckets.take(toolLimit, `tool\0${tool}\0${id}`, `the tool ${JSON.stringify(tool)}`);
    }
    return next(call);
  };
}

class Buckets {
  readonly #now: () => number;
  readonly #buckets = new Map<string, Bucket>();

  constructor(now: () => number) {
    this.#now = now;
  }

  /** Takes one token; throws `Overloaded` where none is left. */
  take(rate: Rate | undefined, key: string, whose: string): void {
    if (!rate) return;
    const { requests, perSeconds = 60 } = rate;
    const perMs = requests / (perSeconds * 1000);
    const now = this.#now();
    const bucket = this.#buckets.get(key) ?? { tokens: requests, at: now };
    const tokens = Math.min(requests, bucket.tokens + (now - bucket.at) * perMs);
    if (tokens < 1) {
      const retryAfterSeconds = Math.ceil((1 - tokens) / perMs / 1000);
      const text = `The rate limit of ${whose} (${requests} in ${perSeconds} s) is reached: try again in ${retryAfterSeconds} s`;
      throw new ProxyError("Overloaded", text, { retryAfterSeconds });
    }
    this.#buckets.delete(key);
    this.#buckets.set(key, { tokens: tokens - 1, at: now });
    if (this.#buckets.size > maximumBuckets) {
      for (const oldest of this.#buckets.keys().take(1)) this.#buckets.delete(oldest);
    }
  }
}

function isRequest(call: Call): boolean {
  return call.kind === "message" && "method" in call.frame.message && "id" in call.frame.message;
}
