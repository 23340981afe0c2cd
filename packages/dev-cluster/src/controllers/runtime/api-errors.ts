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

/** Runs `write`; an object that is gone already is fine. Returns whether it was there. */
export function unlessGone(write: () => void): boolean {
  try {
    write();
    return true;
  } catch (error) {
    if (!isNotFound(error)) throw error;
    return false;
  }
}

/** The sentence to show a user. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
