import { isGone, isTooLargeResourceVersion, KubeApiError, malformedResponse } from "../kube-api-error.ts";
import { SilenceError } from "./watchdog.ts";

/** What a reflector does after a session that failed. */
export interface FailurePlan {
  /** A complete picture is needed: the version is forgotten, or an event was lost. */
  dropVersion: boolean;
  /** This server does not send initial events on a watch: list by pages from now on. */
  fallBackToPages: boolean;
  /** No back-off: the other way of asking may work, and is tried once. */
  atOnce: boolean;
  /** At least this long, in milliseconds. */
  retryAfterMs: number;
  /** A line was no event. */
  malformed: boolean;
}

/**
 * Decides by the error alone; every error is retried.
 *
 * @param session.initial whether the session was to bring the initial events. A server that does not know
 * `sendInitialEvents` refuses it (400, 422), or ignores it and then stays silent.
 */
export function afterFailure(error: unknown, session: { initial: boolean }): FailurePlan {
  const api = error instanceof KubeApiError ? error : undefined;
  const malformed = api?.reason === malformedResponse;
  const expired = isGone(error) || isTooLargeResourceVersion(error);
  const refused = api !== undefined && (api.code === 400 || api.code === 422);
  const silent = api?.cause instanceof SilenceError;
  return {
    dropVersion: api === undefined || malformed || expired || refused,
    fallBackToPages: session.initial && (refused || silent),
    atOnce: session.initial && refused,
    retryAfterMs: api?.retryAfterMs ?? 0,
    malformed,
  };
}
