import { KubeApiError } from "../kube-api-error.ts";

/** Tries per call, the first one included. */
export const maxAttempts = 6;
/** A server may ask for more patience than this; then the caller gets the error instead of silence. */
const longestWaitMs = 30_000;
const firstBackoffMs = 100;
const longestBackoffMs = 5_000;

export interface Attempt {
  /** 1 for the first. */
  number: number;
  /** Whether doing it twice does no harm: reads, applies, deletes. */
  idempotent: boolean;
}

/**
 * How long to wait before the next try, in milliseconds, or undefined when the error is final.
 *
 * 429 was refused before it was processed, so every verb is tried again; so is any 5xx with a Retry-After (as
 * client-go does). Without one, 500-class overload answers and broken connections are tried again only where that
 * is harmless.
 */
export function retryDelayMs(error: unknown, attempt: Attempt, random: () => number = Math.random): number | undefined {
  if (!(error instanceof KubeApiError) || attempt.number >= maxAttempts) return undefined;
  if (!isTransient(error, attempt)) return undefined;
  if (error.retryAfterMs !== undefined) {
    return error.retryAfterMs <= longestWaitMs ? error.retryAfterMs + random() * firstBackoffMs : undefined;
  }
  const backoffMs = Math.min(longestBackoffMs, firstBackoffMs * 2 ** (attempt.number - 1));
  return backoffMs * (0.5 + random() / 2);
}

function isTransient(error: KubeApiError, attempt: Attempt): boolean {
  if (error.code === 429) return true;
  if (error.code >= 500 && error.retryAfterMs !== undefined) return true;
  if (!attempt.idempotent) return false;
  return error.code === 503 || error.code === 502 || error.code === 504 || error.code === 0;
}
