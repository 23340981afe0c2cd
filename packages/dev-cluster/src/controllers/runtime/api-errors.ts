/**
 * What an `ApiError` of the API server says, read from its `Status` alone: the controllers know the
 * server by its answers, not by its classes.
 */
function hasReason(error: unknown, reason: string): boolean {
  if (typeof error !== "object" || error === null || !("status" in error)) return false;
  const { status } = error;
  return typeof status === "object" && status !== null && "reason" in status && status.reason === reason;
}

/** The object was changed or replaced since it was read. */
export function isConflict(error: unknown): boolean {
  return hasReason(error, "Conflict");
}

export function isNotFound(error: unknown): boolean {
  return hasReason(error, "NotFound");
}

export function isAlreadyExists(error: unknown): boolean {
  return hasReason(error, "AlreadyExists");
}

/** What became of a write. */
export type Attempt<T> = { ok: true; value: T } | { ok: false; error: unknown };

/** Runs a write whose refusal by the API server is an expected state, and so a value. */
export function attempt<T>(write: () => T): Attempt<T> {
  try {
    return { ok: true, value: write() };
  } catch (error) {
    return { ok: false, error };
  }
}

/** Runs `write`; an object that is gone already is fine. Returns whether it was there. */
export function unlessGone(write: () => void): boolean {
  const result = attempt(write);
  if (!result.ok && !isNotFound(result.error)) throw result.error;
  return result.ok;
}

/** A refusal that a user has been told of by an event: it is tried again with back-off, and not logged. */
export class ReportedError extends Error {
  override readonly name = "ReportedError";
}

/** The sentence to show a user. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
